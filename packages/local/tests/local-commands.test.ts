import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoReport } from '../src/demo/run-demo.ts';
import { DEFAULT_STATE_DIR } from '../src/servers/default-folders.ts';
import { identify, isRunning, type ProcessIdentity } from '../src/supervise/process-identity.ts';
import { type RunJson, runFile, runSchema } from '../src/system/run-file.ts';
import { commandRunner } from './run-main.ts';
import { waitUntil } from './wait-until.ts';

const TEST_MS = 90_000;
/** Servers, simulator and services warm; without load it takes 4 s. */
const WARM_START_MS = 20_000;

const RECOVERY = {
  credited: expect.any(Number),
  p50: expect.any(Number),
  p99: expect.any(Number),
  max: expect.any(Number),
};

describe('the commands', { timeout: TEST_MS }, () => {
  const parent = join(DEFAULT_STATE_DIR, 'tests');
  mkdirSync(parent, { recursive: true });
  const stateDir = mkdtempSync(join(parent, 'commands-'));
  const command = commandRunner();
  const run = (name: string, ...args: string[]) => command([name, '--state', stateDir, ...args]).ended;
  const demo = async (...args: string[]): Promise<{ code: number | null; output: string; report: DemoReport }> => {
    const json = join(stateDir, 'demo.json');
    const ended = await run('demo', '--json', json, ...args);
    return { ...ended, report: JSON.parse(readFileSync(json, 'utf8')) };
  };
  const readRun = (): RunJson => runSchema.parse(JSON.parse(readFileSync(runFile(stateDir), 'utf8')));
  beforeAll(async () => {
    expect(await run('start', '--detach')).toMatchObject({ code: 0, output: expect.stringMatching(/^ready in /m) });
  }, TEST_MS);
  afterAll(async () => {
    await run('stop');
    rmSync(stateDir, { recursive: true, force: true });
  }, TEST_MS);

  test('run.json says where everything is, and only its owner may read it', async () => {
    expect(statSync(runFile(stateDir)).mode & 0o777).toBe(0o600);
    const { gateway, checkout, simulator, receivers, services, servers, merchant, wechatpay, pid } = readRun();
    expect(services.map(({ name }) => name)).toEqual(['callback-gateway', 'points', 'checkout', 'alerter']);
    for (const part of [...services, ...servers, simulator, receivers]) {
      expect(identify(part.pid ?? 0), part.name).toBeDefined();
      expect(existsSync(part.log), part.log).toBe(true);
    }
    expect(identify(pid)).toBeDefined();
    for (const url of [gateway.healthUrl, ...services.map(({ metricsUrl }) => metricsUrl)]) {
      expect((await fetch(url)).status, url).toBe(200);
    }
    const unsigned = await fetch(gateway.callbackUrl, { method: 'POST', body: '{}' });
    expect(unsigned.status).toBeGreaterThanOrEqual(400);
    const authorization = `Bearer ${readFileSync(checkout.apiKeyFile, 'utf8').trim()}`;
    const unknown = await fetch(`${checkout.url}/v1/orders/NO_SUCH_ORDER`, { headers: { authorization } });
    expect(unknown.status).toBe(404);
    expect((await fetch(`${checkout.url}/v1/orders/NO_SUCH_ORDER`)).status).toBe(401);
    expect(merchant.apiV3Key).toHaveLength(32);
    const keyFiles = [
      merchant.privateKeyFile,
      checkout.apiKeyFile,
      wechatpay.platformPrivateKeyFile,
      wechatpay.publicKeyPrivateKeyFile,
      join(wechatpay.verificationKeysDir, `${wechatpay.platformSerial}.pem`),
      join(wechatpay.verificationKeysDir, `${wechatpay.publicKeyId}.pem`),
    ];
    for (const file of keyFiles) expect(statSync(file).mode & 0o777, file).toBe(0o600);
  });

  test('a second start on the same state is refused in one sentence', async () => {
    const { code, output } = await run('start');
    expect(code).toBe(2);
    expect(output).toMatch(/^\S+ is in use by a running payguard \(pid \d+\): stop it first.*\.\n$/);
    expect(readRun().pid).toBe(Number(/pid (\d+)/.exec(output)?.[1]));
  });

  test('a killed service comes back by itself, and run.json and status follow it', async () => {
    const before = readRun().services;
    for (const { pid } of before) process.kill(pid ?? 0, 'SIGKILL');
    await waitUntil('all have a new pid', () => {
      const after = readRun().services;
      return after.every(({ pid, restarts }, index) => restarts > 0 && pid !== before[index]?.pid);
    });
    await waitUntil('all are ready again', async () => (await run('status')).code === 0);
    expect((await run('status')).output).toMatch(/^points +\d+ +ready +1 /m);
  });

  test('the poll runs by the timetable from the start on, and status says how its last run went', async () => {
    await waitUntil('its first run is noted', () => readRun().jobs.some(({ started }) => started > 0));
    expect(readRun().jobs).toMatchObject([
      { name: 'poll', schedule: '* * * * *', leftOut: 0 },
      { name: 'probe', schedule: '*/10 * * * *', leftOut: 0 },
    ]);
    const { output } = await run('status');
    expect(output).toMatch(/^job +schedule +state +last run +last success +next run +log$/m);
    // A run that started late in its minute works on beside the next one.
    expect(output).toMatch(/^poll +\* \* \* \* \* +((\d+ )?running|waiting) .* in \d+ s +\S+poll\.log$/m);
  });

  test('the demo credits every order once, those without a callback by query', async () => {
    const { code, output, report } = await demo('--orders', '60', '--seed', 'test');
    expect(output).toContain('PASSED');
    expect(code).toBe(0);
    expect(report).toEqual({
      orders: 60,
      paid: 60,
      credited: 60,
      lost: 0,
      doubled: 0,
      wrong: 0,
      byWitness: { callback: RECOVERY, query: RECOVERY },
      recoveryMs: { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
      seed: 'test',
    });
    expect(report.byWitness.query?.credited).toBeGreaterThanOrEqual(6);
    expect(output).toMatch(/RECHARGE_ORDER17522530522711786 is credited by query, \S+ m?s after its payment/);
    const invariants = await command(['check-invariants', '--state', stateDir]).ended;
    expect(invariants).toMatchObject({ code: 0, output: expect.stringContaining('All invariants hold.') });
  });

  test('the demo credits every order when all callbacks are lost', async () => {
    const { code, report } = await demo('--orders', '20', '--lost', '100');
    expect(report).toMatchObject({ paid: 20, credited: 20, lost: 0, byWitness: { query: { credited: 20 } } });
    expect(Object.keys(report.byWitness)).toEqual(['query']);
    expect(code).toBe(0);
  });

  test('stop ends everything, a second stop finds nothing, and the next start is quick and on the same ports', async () => {
    const before = readRun();
    const processes = processesOf(before);
    expect(await run('stop')).toMatchObject({ code: 0, output: expect.stringMatching(/^Stopped \(pid \d+\)/) });
    expect(processes.filter(isRunning)).toEqual([]);
    expect(existsSync(runFile(stateDir))).toBe(false);
    expect(await run('status')).toMatchObject({ code: 1, output: expect.stringContaining('Nothing runs') });
    expect(await run('stop')).toMatchObject({ code: 0, output: expect.stringContaining('Nothing runs') });

    const startedAt = performance.now();
    const start = command(['start', '--state', stateDir]);
    await waitUntil('it is ready', () => /^ready in /m.test(start.output()));
    expect(performance.now() - startedAt).toBeLessThan(WARM_START_MS);
    const after = readRun();
    expect([after.gateway, after.checkout, after.kafka, after.database, after.merchant]).toEqual([
      before.gateway,
      before.checkout,
      before.kafka,
      before.database,
      before.merchant,
    ]);

    start.process.kill('SIGINT');
    const { code, output } = await start.ended;
    expect(code).toBe(0);
    const stopped = [...output.matchAll(/^(.*\S) +stopped$/gm)].map((match) => match[1]);
    const services = ['checkout', 'callback-gateway', 'points', 'alerter'];
    expect(stopped).toEqual(['jobs', ...services, 'simulator', 'receivers', 'Kafka and MariaDB']);
    expect(processesOf(after).filter(isRunning)).toEqual([]);
  });

  test('Ctrl-C in the middle of a start leaves no process', async () => {
    const start = command(['start', '--state', stateDir]);
    const owned = () => ownedProcesses(stateDir);
    await waitUntil('Kafka is on its way', () => owned().some(({ name }) => name === 'kafka'));
    const children = owned();
    start.process.kill('SIGINT');
    const { code, output } = await start.ended;
    expect(code).toBe(130);
    expect(output).toContain('The start was cancelled.');
    expect([...children, ...owned()].filter(isRunning)).toEqual([]);
    expect(existsSync(runFile(stateDir))).toBe(false);
  });

  test('what cannot work is said in one sentence before anything starts', async () => {
    const refusals: [string[], Record<string, string>, RegExp][] = [
      [['start'], { KAFKA_BROKERS: '127.0.0.1:1' }, /^KAFKA_BROKERS is set and DATABASE_URL is not; set both/],
      [['start', '--stat'], {}, /--stat/],
      [['demo', '--orders', 'many'], {}, /^--orders many is not a whole number from 1 to 20000\./],
      [['demo', '--lost', '60', '--doubled', '60'], {}, /make 120 % together: give at most 100\./],
      [['dance'], {}, /^There is no command dance: there are start, stop, /],
    ];
    for (const [args, env, message] of refusals) {
      const { code, output } = await command(args, env).ended;
      expect(output).toMatch(message);
      expect(code, args.join(' ')).toBe(2);
    }
  });
});

function processesOf(run: RunJson): ProcessIdentity[] {
  const parts = [run, run.simulator, ...run.servers, ...run.services];
  const pids = [...parts.map(({ pid }) => pid ?? 0), ...run.jobs.flatMap((job) => job.pids)];
  return pids.map((pid) => identify(pid)).filter((identity) => identity !== undefined);
}

/** The register of children, empty as long as there is none. */
function ownedProcesses(stateDir: string): (ProcessIdentity & { name: string })[] {
  const { children }: { children: (ProcessIdentity & { name: string })[] } = JSON.parse(
    readFileSync(join(stateDir, 'owner.json'), 'utf8'),
  );
  return children.filter(isRunning);
}
