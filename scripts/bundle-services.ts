// Makes one file of each service and of the command line tool: dist/<name>.mjs runs with Node alone, from any folder.
// Beside them lie tracing-sdk.mjs, which a service loads when it traces, and migrations/, for `payguard migrate`.
// The same sources give the same bytes.
import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Plugin, RolldownLog } from 'rolldown';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');
const MIGRATIONS = join(ROOT, 'packages/shared/prisma/migrations');

/** Within the bundles it would cost each process 9 MiB, traced or not (measured). */
const TRACING_SDK = { name: 'tracing-sdk', source: join(ROOT, 'packages/shared/src/telemetry/tracing-sdk.ts') };

const HELP = `npm run bundle [-- --to FOLDER] [--only NAME,NAME]

Bundles every service and the command line tool into dist/, one ESM file each.
  --to FOLDER   instead of dist/
  --only NAMES  only these, such as callback-gateway,points`;

/** Sources that read a file beside them, and where it lies beside the bundle instead. */
const MOVED_FILES = new Map([
  ['packages/shared/src/database/read-migrations.ts', { from: "'../../prisma/migrations'", to: "'./migrations'" }],
]);

const { values } = parseArgs({
  options: { to: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  console.log(HELP);
} else {
  const dist = join(ROOT, 'dist');
  // What an earlier release left there; a folder of somebody else's choice may hold more than bundles.
  if (values.to === undefined) await rm(dist, { recursive: true, force: true });
  await bundleAll(values.to ?? dist, values.only?.split(','));
}

async function bundleAll(folder: string, only: readonly string[] | undefined): Promise<void> {
  const programs = await findPrograms();
  const unknown = only?.find((name) => !programs.has(name));
  if (unknown !== undefined) fail(`There is no service ${unknown}; there are: ${[...programs.keys()].join(', ')}.`);
  await mkdir(folder, { recursive: true });
  for (const [name, input] of programs) {
    if (only !== undefined && name !== TRACING_SDK.name && !only.includes(name)) continue;
    const file = join(folder, `${name}.mjs`);
    await bundle(input, file);
    console.log(`${relative(process.cwd(), file)}  ${((await stat(file)).size / 1024).toFixed(0)} KiB`);
  }
  await cp(MIGRATIONS, join(folder, 'migrations'), { recursive: true });
}

/** By name; a service is a folder of services/ that has a main.ts. */
async function findPrograms(): Promise<Map<string, string>> {
  const programs = new Map([
    ['payguard', join(ROOT, 'packages/cli/src/main.ts')],
    [TRACING_SDK.name, TRACING_SDK.source],
  ]);
  for (const service of await readdir(join(ROOT, 'services'))) {
    const main = join(ROOT, 'services', service, 'src/main.ts');
    if ((await stat(main).catch(() => undefined)) !== undefined) programs.set(service, main);
  }
  return programs;
}

async function bundle(input: string, file: string): Promise<void> {
  const build = await rolldown({
    input,
    cwd: ROOT,
    platform: 'node',
    tsconfig: false,
    plugins: [moveFiles(), ...(input === TRACING_SDK.source ? [] : [tracingSdkApart()])],
    // What cannot be found would be left out silently, and missed at run time.
    onLog: (_level, log) => refuse(input, log),
  });
  await build.write({ file, format: 'esm', codeSplitting: false, sourcemap: true, comments: { legal: true } });
  await build.close();
}

function refuse(input: string, log: RolldownLog): void {
  const reason = `${log.code ?? ''} ${log.message}`.trim();
  fail(`${relative(ROOT, input)} cannot be bundled: ${reason}`);
}

/** A bundle has no sources beside it: whoever reads a file from there is listed above, or the build ends. */
function moveFiles(): Plugin {
  return {
    name: 'move-files',
    async load(id) {
      const path = relative(ROOT, id);
      if (!path.endsWith('.ts') || path.includes('node_modules/') || path.includes('/generated/')) return null;
      const code = await readFile(id, 'utf8');
      const moved = MOVED_FILES.get(path);
      if (moved === undefined) {
        if (/import\.meta\.(url|dirname|filename)/.test(code)) {
          throw new Error(`${path} looks for files beside itself; tell MOVED_FILES where they are in a bundle.`);
        }
        return null;
      }
      if (code.split(moved.from).length !== 2) throw new Error(`${path} does not name ${moved.from} once.`);
      return code.replace(moved.from, moved.to);
    },
  };
}

/** OpenTelemetry's API finds itself through a global symbol, so that SDK and service may each have a copy of it. */
function tracingSdkApart(): Plugin {
  return {
    name: 'tracing-sdk-apart',
    resolveId: (source, importer) =>
      importer !== undefined && join(importer, '..', source) === TRACING_SDK.source
        ? { id: `./${TRACING_SDK.name}.mjs`, external: true }
        : null,
  };
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
