import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A new folder that is deleted after the tests of the describe block that calls this. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-local-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
