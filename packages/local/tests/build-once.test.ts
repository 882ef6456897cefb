import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildOnce, lockCache } from '../src/servers/build-once.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

describe('the shared cache', () => {
  const folder = temporaryFolder();

  test('is built once, and a build that was cut short is built anew', async () => {
    const path = join(folder, 'once', 'part');
    await expect(
      buildOnce(path, async (unfinished) => {
        mkdirSync(unfinished);
        throw new Error('cut short');
      }),
    ).rejects.toThrow('cut short');
    expect(existsSync(path)).toBe(false);

    await buildOnce(path, async (unfinished) => writeFileSync(unfinished, 'first'));
    await buildOnce(path, async (unfinished) => writeFileSync(unfinished, 'second'));
    expect(readFileSync(path, 'utf8')).toBe('first');
  });

  test('is cleared of what a killed build left', async () => {
    mkdirSync(join(folder, 'killed', 'part.unfinished-1'), { recursive: true });
    await buildOnce(join(folder, 'killed', 'part'), async (unfinished) => writeFileSync(unfinished, ''));
    expect(readdirSync(join(folder, 'killed'))).toEqual(['part']);
  });

  test('is locked for one builder: the next waits, says so, and goes on when the first is done', async () => {
    const lines: string[] = [];
    const context = { onProgress: (line: string) => lines.push(line), signal: new AbortController().signal };
    const first = await lockCache(folder, context);
    const second = lockCache(folder, context);
    await waitUntil('the wait is reported', () => lines.length > 0);
    first.release();
    (await second).release();
    expect(lines).toEqual(['waiting for another process that downloads the servers']);
  });

  test('does not keep a cancelled start waiting', async () => {
    const lock = await lockCache(folder, { onProgress: () => undefined, signal: new AbortController().signal });
    await expect(lockCache(folder, { onProgress: () => undefined, signal: AbortSignal.abort() })).rejects.toMatchObject(
      {
        code: 'aborted',
      },
    );
    lock.release();
  });
});
