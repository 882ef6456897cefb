import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import type { ParsedTarEntryWithData } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Base, buildBase, buildProgramImage } from '../../scripts/images/build-all.ts';
import { programImages } from '../../scripts/images/program-images.ts';
import { readRelease } from '../../scripts/images/release.ts';
import { billSchema } from './bill-schema.ts';
import { digestOf, readArchive } from './read-archive.ts';
import { startSimulator } from './start-simulator.ts';

const TAG = '9.8.7-test';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const SCRIPT = join(import.meta.dirname, '../../scripts/build-images.ts');

type Archive = Awaited<ReturnType<typeof readArchive>>;
type Entries = readonly ParsedTarEntryWithData[];

const folder = mkdtempSync(join(tmpdir(), 'payguard-images-'));
let nodeBase: Base;
let gateway: Archive;
let simulator: Archive;
let base: Entries;
let app: Entries;

beforeAll(async () => {
  nodeBase = await buildBase();
  gateway = await readArchive(await build('callback-gateway', 'first'));
  simulator = await readArchive(await build('simulator', 'first'));
  base = await gateway.readLayer(0);
  app = await gateway.readLayer(1);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Into a folder of this name; answers the archive. */
async function build(name: string, to: string): Promise<string> {
  const image = programImages().get(name);
  if (image === undefined) throw new Error(`${name} is no image`);
  const target = join(folder, to);
  mkdirSync(target, { recursive: true });
  const built = await buildProgramImage(image, nodeBase, {
    folder: target,
    release: readRelease({ tag: TAG, registry: 'localhost:5000', commit: COMMIT }),
    work: join(target, 'work'),
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  return built.archive;
}

describe('an image', () => {
  it('has the name and tag that the chart asks for, and is described by its labels', () => {
    expect(gateway.name).toBe(`localhost:5000/payguard/callback-gateway:${TAG}`);
    expect(gateway.config.config.Labels).toEqual({
      'org.opencontainers.image.title': 'payguard callback-gateway',
      'org.opencontainers.image.description': expect.stringContaining('callbacks'),
      'org.opencontainers.image.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      'org.opencontainers.image.revision': COMMIT,
      'org.opencontainers.image.source': expect.stringMatching(/^https:/),
      'org.opencontainers.image.licenses': 'Apache-2.0',
    });
  });

  it('runs its program with Node, as a user without rights, and says which build it is', () => {
    expect(gateway.config.config).toMatchObject({
      User: '10001:10001',
      Entrypoint: ['node', '/app/callback-gateway.mjs'],
      WorkingDir: '/app',
      ExposedPorts: { '8080/tcp': {}, '9090/tcp': {} },
      Env: expect.arrayContaining(['NODE_ENV=production', `PAYGUARD_COMMIT=${COMMIT}`]),
    });
  });

  it('is the same to the byte when it is made again, elsewhere', async () => {
    const again = readFileSync(await build('callback-gateway', 'again'));
    expect(again.equals(readFileSync(join(folder, 'first/callback-gateway.tar')))).toBe(true);
  });

  it('stands on the same base as every other: Node, what it loads, authorities and zones; no shell', () => {
    expect(simulator.manifest.layers[0]).toEqual(gateway.manifest.layers[0]);
    const names = namesOf(base);
    expect(names).toContain('usr/local/bin/node');
    expect(names).toContain('usr/share/zoneinfo/Asia/Shanghai');
    expect(names.filter((name) => /libc\.|libstdc|ld-linux|ld-musl/.test(name)).length).toBeGreaterThan(1);
    expect(names.filter((name) => /(^|\/)s?bin\/./.test(name))).toEqual(['usr/local/bin/node']);
    expect(textOf(base, 'etc/ssl/certs/ca-certificates.crt').split('BEGIN CERTIFICATE').length).toBeGreaterThan(50);
  });

  it('holds the bundle, what it reads and the licences; nobody but root could write any of it', () => {
    expect(namesOf(app)).toEqual([
      'app/',
      'app/LICENSE',
      'app/THIRD-PARTY-LICENSES.txt',
      'app/callback-gateway.mjs',
      'app/tracing-sdk.mjs',
    ]);
    const headers = [...base, ...app].map(({ header }) => header);
    const writable = headers.filter(
      ({ uid, mode = 0, type }) => uid !== 0 || (type !== 'symlink' && (mode & 0o022) !== 0),
    );
    // Where a pod mounts a folder of its own.
    expect(writable.map(({ name }) => name)).toEqual(['tmp/']);
    const licences = textOf(app, 'app/THIRD-PARTY-LICENSES.txt');
    expect(licences).toContain('kafkajs@');
    expect(licences).toContain('Permission is hereby granted');
  });

  it('has a bill of materials of what is really in the bundle', async () => {
    const text = readFileSync(join(folder, 'first/callback-gateway.cdx.json'), 'utf8');
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    const bill = billSchema.parse(JSON.parse(text));
    expect(bill.metadata.component.name).toBe('payguard/callback-gateway');
    const kafka = bill.components.find(({ name }) => name === 'kafkajs');
    expect(kafka).toMatchObject({ purl: `pkg:npm/kafkajs@${kafka?.version}`, licenses: [{ license: { id: 'MIT' } }] });
    expect(bill.components.map(({ purl }) => purl)).toContain(`pkg:generic/node@${process.versions.node}`);
    expect(bill.components.map(({ name }) => name)).not.toEqual(expect.arrayContaining(['mariadb']));
    expect(bill.components.map(({ name }) => name)).not.toEqual(expect.arrayContaining(['undici']));
    expect(bill.dependencies.find(({ ref }) => ref === 'payguard/callback-gateway')?.dependsOn).toContain(kafka?.purl);
    expect(gateway.manifest.annotations).toMatchObject({
      'io.payguard.sbom': 'callback-gateway.cdx.json',
      'io.payguard.sbom.sha256': digestOf(text).replace('sha256:', ''),
    });
  });

  it('of the simulator serves its pages from the image alone, and its bill names what they are made of', async () => {
    const bill = billSchema.parse(JSON.parse(readFileSync(join(folder, 'first/simulator.cdx.json'), 'utf8')));
    expect(bill.components.map(({ name }) => name)).toEqual(expect.arrayContaining(['lit-html', 'swagger-ui']));
    const started = await startSimulator(unpack(await simulator.readLayer(1)));
    try {
      const page = await started.get('/');
      const sources = [...page.matchAll(/(?:src|href)="(\/web\/[^"]+)"/g)].map(([, path = '']) => path);
      expect(sources.length).toBeGreaterThan(1);
      const library = [...(await started.get('/web/lit.js')).matchAll(/from '\.\/([^']+)'/g)];
      expect(library.length).toBe(3);
      const docs = await started.get('/control/docs');
      const scripts = [...docs.matchAll(/src="\.?(\/[^"]+\.js)"/g)].map(([, path = '']) => path);
      expect(scripts.length).toBeGreaterThan(1);
      for (const path of [...sources, ...library.map(([, name]) => `/web/${name}`), ...scripts]) {
        expect(await started.get(path), path).not.toBe('');
      }
    } finally {
      await started.stop();
    }
  });
});

describe('npm run images', () => {
  it('refuses what it cannot do in one sentence', async () => {
    const run = promisify(execFile)(process.execPath, [
      SCRIPT,
      '--to',
      join(folder, 'refused'),
      '--only',
      'points,nobody',
    ]);
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^There is no image nobody; there are: .*points.*\.\n$/),
    });
  });
});

function namesOf(entries: Entries): string[] {
  return entries.map(({ header }) => header.name);
}

function textOf(entries: Entries, path: string): string {
  return new TextDecoder().decode(entries.find(({ header }) => header.name === path)?.data);
}

/** Answers /app. */
function unpack(entries: Entries): string {
  const target = join(folder, 'unpacked');
  for (const { header, data } of entries) {
    mkdirSync(dirname(join(target, header.name)), { recursive: true });
    if (header.type === 'file') writeFileSync(join(target, header.name), data ?? '');
  }
  return join(target, 'app');
}
