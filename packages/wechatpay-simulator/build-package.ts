import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes dist/ for the npm package: the sources as JavaScript, because Node strips no types inside node_modules, their
 * types, and the files that are served as they are. Everything else runs the sources.
 */
const HERE = import.meta.dirname;
const DIST = join(HERE, 'dist');

await rm(DIST, { recursive: true, force: true });
const compiler = spawn('tsc', ['-p', 'tsconfig.build.json'], { cwd: HERE, stdio: 'inherit' });
const [code] = await once(compiler, 'close');
if (code === 0) {
  await cp(join(HERE, 'src'), DIST, { recursive: true, filter: (path) => !path.endsWith('.ts') });
} else {
  await rm(DIST, { recursive: true, force: true });
  console.error('The package cannot be built before the type errors above are mended.');
  process.exitCode = 1;
}
