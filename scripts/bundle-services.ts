// Makes one file of each service and of the command line tool: dist/<name>.mjs runs with Node alone, from any folder.
// Beside them lie tracing-sdk.mjs, which a service loads when it traces, and migrations/, for `payguard migrate`.
// The same sources give the same bytes.
import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { BundleError, type BundleStyle, bundleProgram } from './bundle/bundle-program.ts';
import { findDevelopmentPrograms, findPrograms, ROOT, TRACING_SDK } from './bundle/programs.ts';

const HELP = `npm run bundle [-- --to FOLDER] [--only NAME,NAME] [--minify]

Bundles every service and the command line tool into dist/, one ESM file each.
  --to FOLDER   instead of dist/
  --only NAMES  only these, such as callback-gateway,points; also simulator and receivers
  --minify      as the images have them: small, without source maps`;

const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    only: { type: 'string' },
    minify: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
} else {
  const dist = join(ROOT, 'dist');
  // What an earlier release left there; a folder of somebody else's choice may hold more than bundles.
  if (values.to === undefined) await emptyFolder(dist);
  await bundleAll(values.to ?? dist, values.only?.split(','), values.minify ? 'small' : 'readable').catch(
    (err: unknown) => {
      if (!(err instanceof BundleError)) throw err;
      process.stderr.write(`${err.message}\n`);
      process.exit(2);
    },
  );
}

/** But for the images that `npm run images` left there. */
async function emptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((name) => name !== 'images')) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function bundleAll(folder: string, only: readonly string[] | undefined, style: BundleStyle): Promise<void> {
  for (const [name, source] of choosePrograms(only)) {
    const file = join(folder, `${name}.mjs`);
    await bundleProgram(source, file, style);
    console.log(`${relative(process.cwd(), file)}  ${((await stat(file)).size / 1024).toFixed(0)} KiB`);
  }
}

function choosePrograms(only: readonly string[] | undefined): ReadonlyMap<string, string> {
  const programs = findPrograms();
  if (only === undefined) return programs;
  const all = new Map([...programs, ...findDevelopmentPrograms()]);
  const unknown = only.find((name) => !all.has(name));
  if (unknown !== undefined) {
    throw new BundleError(`There is no program ${unknown}; there are: ${[...all.keys()].join(', ')}.`);
  }
  return new Map([...all].filter(([name]) => name === TRACING_SDK.name || only.includes(name)));
}
