import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { callControl } from './control-client.ts';
import { callApi, prepayBody } from './merchant-client.ts';
import { isOpenable, isSignatureRight } from './open-notification.ts';
import { startReceiver } from './receiver.ts';

const PACKAGE = join(import.meta.dirname, '..');
const ROOT = join(PACKAGE, '../..');
/** Compiling the whole package with types on a busy machine. */
const PACK_TIMEOUT_MS = 120_000;
const READY_TIMEOUT_MS = 20_000;

const run = promisify(execFile);
const env = { ...process.env, PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter) };

/** A folder of somebody who installed the package: its files from the tarball, its dependencies beside it. */
let app: string;
let installed: string;
let manifest: { bin: Record<string, string>; dependencies: Record<string, string>; exports: Record<string, unknown> };

beforeAll(async () => {
  app = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-package-'));
  installed = join(app, 'node_modules/wechatpay-simulator');
  mkdirSync(installed, { recursive: true });
  await run('pnpm', ['pack', '--pack-destination', app], { cwd: PACKAGE, env });
  const tarball = readdirSync(app).find((name) => name.endsWith('.tgz')) ?? '';
  await run('tar', ['-xzf', join(app, tarball), '--strip-components=1', '-C', installed]);
  manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(manifest.dependencies)) {
    const link = join(app, 'node_modules', dependency);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(join(PACKAGE, 'node_modules', dependency), link);
  }
  writeFileSync(join(app, 'package.json'), '{"type":"module"}');
}, PACK_TIMEOUT_MS);
afterAll(() => rmSync(app, { recursive: true, force: true }));

/** The command as the package names it, as npx would run it. */
const command = () => join(installed, manifest.bin['wechatpay-simulator'] ?? '');

describe('the npm package', () => {
  it('holds JavaScript, types, licence and README, no TypeScript sources and no tests, and leaves nothing behind', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'dist/main.js', 'dist/simulator.d.ts']));
    expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
    expect(files.filter((name) => name.includes('test'))).toEqual([]);
    expect(Object.values(manifest.dependencies).filter((version) => !/^\d/.test(version))).toEqual([]);
    expect(existsSync(join(PACKAGE, 'dist'))).toBe(false);
  });

  it('runs its command: prepay, pay, callback', async () => {
    const receiver = await startReceiver(() => 204);
    const readyFile = join(app, 'ready.json');
    const args = [command(), '--merchant', '1900000001', '--state', join(app, 'state'), '--ready-file', readyFile];
    const child = spawn(process.execPath, args, { cwd: app });
    const closed = once(child, 'close');
    try {
      await vi.waitUntil(() => existsSync(readyFile), { timeout: READY_TIMEOUT_MS, interval: 20 });
      const { apiUrl, controlUrl } = JSON.parse(readFileSync(readyFile, 'utf8'));
      const [merchant] = (await callControl(controlUrl, 'GET', '/merchants')).json.merchants;
      const body = prepayBody(merchant, 'PACKED_1', receiver.url);
      const prepay = await callApi(apiUrl, '/v3/pay/transactions/native', merchant, { body });
      expect([prepay.status, prepay.json.code_url]).toEqual([200, expect.stringContaining('weixin://')]);
      await callControl(controlUrl, 'POST', '/orders/PACKED_1/pay');
      await vi.waitUntil(() => receiver.received.length === 1);
      const [callback] = receiver.received;
      if (callback === undefined) throw new Error('the receiver has a callback');
      expect([isSignatureRight(callback, merchant), isOpenable(callback, merchant)]).toEqual([true, true]);
    } finally {
      child.kill('SIGTERM');
      await receiver.close();
    }
    expect(await closed).toEqual([0, null]);
  });

  it('carries what lies beside the code: pages, scripts, styles', () => {
    const ofSources = readdirSync(join(PACKAGE, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name).slice(join(PACKAGE, 'src').length + 1));
    const missing = ofSources.filter((name) => !existsSync(join(installed, 'dist', name)));
    expect(missing).toEqual([]);
  });

  it('is used from a script, with types that hold', async () => {
    writeFileSync(
      join(app, 'use.ts'),
      `import { createSimulator, type Simulator } from 'wechatpay-simulator';
import { toDigits } from 'wechatpay-simulator/seeded-bytes';
const simulator: Simulator = await createSimulator({ clock: 'manual', clockStartMs: 5, keysDir: './state' });
const nowMs: number = simulator.clock.now();
// @ts-expect-error an order's number is text
simulator.createOrder({ outTradeNo: 1, total: 1 });
console.log(nowMs, toDigits(Buffer.from([7]), 1));
await simulator.close();
`,
    );
    const options = ['--module', 'nodenext', '--target', 'es2024', '--strict', '--skipLibCheck', '--types', 'node'];
    const roots = ['--typeRoots', join(ROOT, 'node_modules/@types')];
    await run('tsc', [...options, ...roots, 'use.ts'], { cwd: app, env });
    const { stdout } = await run(process.execPath, ['use.js'], { cwd: app });
    expect(stdout).toBe('5 7\n');
  });

  it('tells its flags in groups, with what holds when they are left out, and its version', async () => {
    const { stdout: help } = await run(process.execPath, [command(), '--help']);
    expect(help).toMatch(/Usage: wechatpay-simulator \[flags\]\n\nWhere it serves\n {2}--port PORT/);
    expect(help).toContain('--host ADDRESS        Address to listen on. [127.0.0.1]');
    expect(help).toContain('Examples\n');
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
    expect((await run(process.execPath, [command(), '--version'])).stdout).toBe(`${version}\n`);
  });

  it.each([
    [['--speed', '2'], 'The setting --speed: belongs to an accelerated clock'],
    [['--clock', 'accelerated', '--speed=-1'], 'must be a number from 0 (time stands still) to 86400'],
    [['--port', '70000'], 'must be a whole number from 0 to 65535'],
    [['--host', '192.0.2.1'], 'no address 192.0.2.1; choose another --host'],
  ])('refuses %j in one sentence and exits with 2', async (args, sentence) => {
    const refused = await run(process.execPath, [command(), ...args]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence), stdout: '' });
    expect(refused).toMatchObject({ stderr: expect.stringMatching(/^[^\n]+\.\n$/) });
  });

  it('says that its state is damaged', async () => {
    const state = join(app, 'damaged');
    mkdirSync(state);
    writeFileSync(join(state, 'state.sqlite'), 'not a database, '.repeat(100));
    const refused = await run(process.execPath, [command(), '--state', state]).catch((error: unknown) => error);
    const sentence = `wechatpay-simulator cannot start: ${join(state, 'state.sqlite')} is damaged (file is not a database)`;
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
    expect(refused).toMatchObject({ stderr: expect.stringMatching(/^[^\n]+\.\n$/) });
  });

  it('says that its port is taken', async () => {
    const receiver = await startReceiver(() => 204);
    const { port } = new URL(receiver.url);
    const refused = await run(process.execPath, [command(), '--port', port]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`127.0.0.1:${port} is taken`) });
    await receiver.close();
  });
});
