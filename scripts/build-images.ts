// Makes images without Docker: an OCI archive each, and beside it what is in it (CycloneDX). deploy/images/Dockerfile
// makes the same with Docker. The same sources and the same Node give the same digests.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { BundleError } from './bundle/bundle-program.ts';
import { ROOT } from './bundle/programs.ts';
import {
  type BuildOptions,
  type BuiltImage,
  buildAppFolder,
  buildBase,
  buildProgramImage,
  buildServerImage,
  writeImageList,
} from './images/build-all.ts';
import { type ProgramImage, programImages } from './images/program-images.ts';
import { readRelease } from './images/release.ts';
import { type ServerImageDescription, serverImages } from './images/server-images.ts';

const HELP = `npm run images [-- --to FOLDER] [--only NAME,NAME] [--tag TAG] [--registry HOST] [--commit ID]
                      [--development] [--folders]

Makes the images of all programs, without Docker: FOLDER/<name>.tar is an OCI archive for ctr images import,
docker load, podman load, kind load image-archive or skopeo copy; <name>.cdx.json says what is in it.
  --to FOLDER      instead of dist/images
  --only NAMES     only these, such as points,cli
  --tag TAG        instead of the version
  --registry HOST  such as registry.example.com; nodes otherwise take them for docker.io's
  --commit ID      of the sources, where they are no git repository
  --development    Kafka and MariaDB as well, of the packages that npm start runs
  --folders        only what is special to each image, as files: FOLDER/<name>/app (for the Dockerfile)`;

const NAME = /^[a-z0-9][a-z0-9.:_/-]*$/i;

/** For whoever runs this: what is wrong and what to do. */
class Mistake extends Error {}

type Chosen = { programs: readonly ProgramImage[]; servers: readonly ServerImageDescription[] };

try {
  const { values } = parseArgs({
    options: {
      to: { type: 'string', default: join(ROOT, 'dist/images') },
      only: { type: 'string' },
      tag: { type: 'string' },
      registry: { type: 'string' },
      commit: { type: 'string' },
      development: { type: 'boolean', default: false },
      folders: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(HELP);
  else await run(values);
} catch (err) {
  const message = messageForPeople(err);
  if (message === undefined) throw err;
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}

async function run(options: {
  to: string;
  only?: string;
  tag?: string;
  registry?: string;
  commit?: string;
  development: boolean;
  folders: boolean;
}): Promise<void> {
  for (const [flag, text] of Object.entries({ tag: options.tag, registry: options.registry })) {
    if (text !== undefined && !NAME.test(text))
      throw new Mistake(`--${flag} ${text} cannot be part of an image's name.`);
  }
  const chosen = chooseImages(options);
  await mkdir(options.to, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'payguard-images-'));
  const build: BuildOptions = {
    folder: options.to,
    release: readRelease(options),
    work,
    onProgress: (line) => console.log(line),
    signal: stopSignal(),
  };
  try {
    await (options.folders ? writeFolders(chosen.programs, build) : writeArchives(chosen, build));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function chooseImages({ only, development }: { only?: string; development: boolean }): Chosen {
  const programs = programImages();
  const servers = serverImages();
  const all = [...programs.keys(), ...servers.keys()];
  const names = only?.split(',') ?? (development ? all : [...programs.keys()]);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Mistake(`There is no image ${unknown}; there are: ${all.join(', ')}.`);
  return {
    programs: names.flatMap((name) => programs.get(name) ?? []),
    servers: names.flatMap((name) => servers.get(name) ?? []),
  };
}

async function writeFolders(programs: readonly ProgramImage[], build: BuildOptions): Promise<void> {
  for (const image of programs) {
    const size = await buildAppFolder(image, build);
    console.log(`${image.name.padEnd(16)} ${kib(size)}  ${relative(process.cwd(), join(build.folder, image.name))}`);
  }
}

async function writeArchives({ programs, servers }: Chosen, build: BuildOptions): Promise<void> {
  const base = await buildBase();
  const { size, unpackedSize } = base.layer;
  console.log(`${'base of all'.padEnd(16)} ${kib(size)} gzipped, ${kib(unpackedSize)} unpacked`);
  const built: BuiltImage[] = [];
  for (const program of programs) built.push(describe(await buildProgramImage(program, base, build)));
  for (const server of servers) built.push(describe(await buildServerImage(server, base, build)));
  await writeImageList(build.folder, built);
}

function describe(built: BuiltImage): BuiltImage {
  const own = built.layers.slice(1);
  const sum = (of: 'size' | 'unpackedSize') => kib(own.reduce((total, layer) => total + layer[of], 0));
  const sizes = `${sum('size')} gzipped, ${sum('unpackedSize')} unpacked`;
  console.log(`${built.name.padEnd(16)} ${sizes}  ${built.image} ${built.digest}`);
  return built;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(0).padStart(7)} KiB`;
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => controller.abort());
  return controller.signal;
}

function messageForPeople(err: unknown): string | undefined {
  if (!(err instanceof Error)) return undefined;
  if ('code' in err && String(err.code).startsWith('ERR_PARSE_ARGS'))
    return `${err.message}; --help lists the options.`;
  return err instanceof Mistake || err instanceof BundleError || err.name === 'StartError' ? err.message : undefined;
}
