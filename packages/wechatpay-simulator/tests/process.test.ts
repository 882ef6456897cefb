import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { callControl } from './control-client.ts';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;
const READY_TIMEOUT_MS = 20_000;

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wechatpay-simulator-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function runToEnd(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

/** Starts the process, waits for its ready file, calls `use`, ends it with SIGTERM and gives back its exit code. */
async function withProcess(args: string[], use: (controlUrl: string) => Promise<void>) {
  const readyFile = join(dir, 'ready.json');
  const child = spawn(process.execPath, [MAIN, '--ready-file', readyFile, '--state', join(dir, 'state'), ...args]);
  const closed = once(child, 'close');
  try {
    await vi.waitUntil(() => existsSync(readyFile), { timeout: READY_TIMEOUT_MS, interval: 20 });
    await use(JSON.parse(await readFile(readyFile, 'utf8')).controlUrl);
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = await closed;
  return { code, isReadyFileLeft: existsSync(readyFile) };
}

describe('the process', () => {
  it('keeps its keys over a restart, and stops in order on SIGTERM', async () => {
    const seen: unknown[] = [];
    for (let start = 0; start < 2; start += 1) {
      const end = await withProcess(['--merchant', '1900000001', '--merchant', '1900000002'], async (controlUrl) => {
        seen.push((await callControl(controlUrl, 'GET', '/merchants')).json);
      });
      expect(end).toEqual({ code: 0, isReadyFileLeft: false });
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[0]).toMatchObject({ merchants: [{ mchid: '1900000001' }, { mchid: '1900000002' }] });
  });

  it('takes a merchant with its appid, mode and share from one flag', async () => {
    await withProcess(['--merchant', '1900000007:wx0000000000000007:rotating:0.2'], async (controlUrl) => {
      const [merchant] = (await callControl(controlUrl, 'GET', '/merchants')).json.merchants;
      expect(merchant).toMatchObject({ appid: 'wx0000000000000007', mode: 'rotating', publicKeyShare: 0.2 });
    });
  });

  it('stops although a retry is waited for', async () => {
    const end = await withProcess(['--notify-url', 'http://127.0.0.1:9/nobody'], async (controlUrl) => {
      await callControl(controlUrl, 'POST', '/orders', { outTradeNo: 'WAITING_1', total: 1 });
      await callControl(controlUrl, 'POST', '/orders/WAITING_1/pay');
    });
    expect(end.code).toBe(0);
  });

  it('refuses damaged keys in one sentence that names their folder', async () => {
    const state = join(dir, 'damaged');
    await mkdir(join(state, 'merchants', '1900000001'), { recursive: true });
    await writeFile(join(state, 'merchants', '1900000001', 'merchant.json'), '{}');
    const { code, stderr } = await runToEnd('--state', state);
    expect(code).toBe(2);
    expect(stderr).toContain(join(state, 'merchants', '1900000001'));
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    [['--port', 'abc'], '--port'],
    [['--clock', 'slow'], '--clock'],
    [['--merchant', '12'], '--merchant'],
    [['--notify-url', 'nowhere'], '--notify-url'],
    [['--no-such-flag'], '--no-such-flag'],
  ])('refuses %j in one sentence and exits with 2', async (args, named) => {
    const { code, stderr } = await runToEnd(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(named);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
