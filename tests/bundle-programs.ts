import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BUNDLE = join(import.meta.dirname, '../scripts/bundle-services.ts');

/** Writes `<name>.mjs` of each program into `folder`, as `npm run bundle` delivers it. */
export async function bundlePrograms(folder: string, names: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [BUNDLE, '--to', folder, '--only', names.join()]);
}
