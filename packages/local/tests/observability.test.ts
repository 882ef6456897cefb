import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPrograms } from '../src/observability/find-programs.ts';
import { commandRunner } from './run-main.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('--observability', () => {
  const folder = temporaryFolder();
  const command = commandRunner();
  const folderWith = (...programs: string[]): string => {
    const path = join(folder, programs.join('-') || 'none');
    mkdirSync(path, { recursive: true });
    for (const program of programs) {
      writeFileSync(join(path, program), '#!/bin/sh\n');
      chmodSync(join(path, program), 0o755);
    }
    return path;
  };

  test('finds Alertmanager by its own name and by Debian’s', () => {
    for (const name of ['alertmanager', 'prometheus-alertmanager']) {
      const [prometheus, alertmanager] = [folderWith('prometheus'), folderWith(name)];
      expect(findPrograms([folderWith(), prometheus, alertmanager].join(delimiter))).toEqual({
        prometheus: join(prometheus, 'prometheus'),
        alertmanager: join(alertmanager, name),
      });
    }
  });

  test('is refused in one sentence where they are not installed, before anything is started', async () => {
    const path = folderWith('prometheus');
    symlinkSync(process.execPath, join(path, 'node'));
    const stateDir = join(folder, 'state');
    const args = ['start', '--observability', '--state', stateDir];
    const { code, output } = await command(args, { PATH: path }).ended;
    expect(code).toBe(2);
    expect(output).toMatch(
      /^--observability needs alertmanager on the PATH: install the Debian packages prometheus and prometheus-alertmanager \(.*\), or start without --observability\.\n$/,
    );
    expect(existsSync(stateDir)).toBe(false);
  });
});
