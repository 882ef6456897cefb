import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../src/main.ts');

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    child,
    exited: once(child, 'exit'),
    said: once(child.stdout, 'data'),
    complained: once(child.stderr, 'data'),
  };
}

it('runs as a process that says where it is, and ends on SIGTERM', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'receivers-'));
  const ports = ['--port', '0', '--smtp-port', '0', '--smtp-tls-port', '0'];
  const { child, exited, said } = start(['--state', stateDir, ...ports]);
  const page = /http:\S+(?=,)/.exec(String(await said))?.[0] ?? '';
  expect((await fetch(page)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  rmSync(stateDir, { recursive: true });
});

it('names an option that it cannot use, and exits with 2', async () => {
  const { exited, complained } = start(['--port', 'many']);
  expect(String(await complained)).toContain('--port');
  expect(await exited).toEqual([2, null]);
});
