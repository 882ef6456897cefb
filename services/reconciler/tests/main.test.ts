import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '@payguard/shared/clock/clock';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type {} from '../../../tests/setup/global-servers.ts';
import { type ReconcilerConfig, environment as reconcilerEnvironment } from '../src/config.ts';
import { startPoll } from '../src/poll/start-poll.ts';
import { openPollWorld, type PollWorld, SECOND } from './poll-world.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };
/** A run that still works after this hangs. */
const HANGS_AFTER_MS = 60_000;

type Result = { code: number | null; stdout: string; stderr: string };

let world: PollWorld;
let brokers: string[];
beforeAll(async () => {
  brokers = inject('kafkaBrokers') ?? [];
  const kafka = createKafka('tests', { KAFKA_BROKERS: brokers, KAFKA_SSL: false }, createLogger('tests', 'silent'));
  await ensureTopics(kafka, ONE_BROKER);
  // The process reads the machine's clock.
  world = await openPollWorld({ clock: 'real' });
});
afterAll(() => world.close());

/** What a process needs of ours; nothing that would configure it. */
const OURS = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };

const environment = (): Record<string, string> => ({
  KAFKA_BROKERS: brokers.join(),
  DATABASE_URL: world.databaseUrl,
  MERCHANTS_FILE: world.merchantsFile,
  WECHATPAY_API_URLS: world.simulator.apiUrl,
});

function run(args: string[], env: Record<string, string> = environment()): Promise<Result> {
  return new Promise((resolve) => {
    const options = { env: { ...OURS, ...env }, timeout: HANGS_AFTER_MS };
    const child = execFile(process.execPath, [MAIN, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

function start(args: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...OURS, ...environment() },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function addPaid(outTradeNo: string): Promise<number> {
  const id = await world.addOrder({ outTradeNo, age: 20 * SECOND });
  world.simulator.pay({ mchid: world.mchid, outTradeNo });
  return id;
}

describe('the command line', () => {
  it('helps', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('poll') });
    expect(await run(['poll', '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--until') });
  });

  it.each([
    [[], 'No job is named'],
    [['bill'], 'There is no job bill'],
    [['poll', '--until', '60'], '--until 60 is no second'],
    [['poll', '--once', '--until', '5'], 'exclude each other'],
    [['poll', '--twice'], '--twice'],
    [['probe', '--once'], '--once is not understood: probe takes no options'],
  ])('%j is answered by one sentence and exit code 2', async (args, sentence) => {
    const { code, stderr, stdout } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('and settings that are wrong, too', async () => {
    const { code, stderr } = await run(['poll', '--once'], { ...environment(), DATABASE_URL: '' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^DATABASE_URL is not set; set it to: .*\n$/);
  });
});

describe('poll --once', () => {
  it('publishes what was paid to Kafka, notes the run, and ends with 0', async () => {
    const id = await addPaid('MAIN_ONCE_0001');
    const { code, stdout } = await run(['poll', '--once']);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').at(-1)).toContain('"msg":"poll done"');
    expect(await world.check(id)).toMatchObject({ attempts: 1, lease_by: null });
    const runs = await world.pool.query("SELECT outcome, counts FROM job_runs WHERE job = 'poll'");
    expect(runs).toMatchObject([{ outcome: 'ended', counts: expect.stringContaining('"paid":1') }]);
    const totals = await world.pool.query(
      "SELECT name, value FROM job_totals WHERE job = 'poll' AND name IN ('paid', 'wechatpay.query.outcome.ok') ORDER BY name",
    );
    expect(totals).toEqual([
      { name: 'paid', value: 1 },
      { name: 'wechatpay.query.outcome.ok', value: 1 },
    ]);
  });
});

describe('poll', () => {
  it('stops on SIGTERM: what it holds is given back, and it ends with 0', async () => {
    const id = await world.addOrder({ outTradeNo: 'MAIN_STOPPED_1', age: 20 * SECOND });
    const rule = world.simulator.addApiFault({ fault: { kind: 'hang' }, outTradeNo: 'MAIN_STOPPED_1' });
    const child = start(['poll']);
    await vi.waitUntil(async () => typeof (await world.check(id))?.lease_by === 'string', { timeout: 20_000 });
    const stoppedAt = performance.now();
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    world.simulator.removeApiFault(rule?.id ?? '');
    expect(code).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(20_000);
    const check = await world.check(id);
    expect(check?.lease_by).toBeNull();
    expect(check?.next_check_at).toBeLessThanOrEqual(Date.now());
  });

  it('loses nothing when it is killed while it asks', async () => {
    const id = await addPaid('MAIN_KILLED_01');
    const rule = world.simulator.addApiFault({ fault: { kind: 'hang' }, outTradeNo: 'MAIN_KILLED_01' });
    const child = start(['poll']);
    await vi.waitUntil(async () => typeof (await world.check(id))?.lease_by === 'string', { timeout: 20_000 });
    child.kill('SIGKILL');
    await once(child, 'exit');
    world.simulator.removeApiFault(rule?.id ?? '');
    // The lease ends 30 s later, on another poll's clock.
    const clock = { now: () => Date.now() + 31 * SECOND };
    await world.poll({ onceIdle: true }, { clock });
    expect(world.events('payment.confirmed', 'MAIN_KILLED_01')).toHaveLength(1);
  });
});

describe('a run without an end of its own', () => {
  const start = (change: Partial<ReconcilerConfig>, clock: Clock) => {
    const config = { ...loadEnvironment(reconcilerEnvironment, environment()), ...change };
    const lastSecond = new Date(clock.now() + 6 * SECOND).getUTCSeconds();
    return startPoll(config, createLogger('reconciler', 'silent'), { lastSecond }, new AbortController().signal, clock);
  };

  it('ends at the second it is given', async () => {
    const startedAt = Date.now();
    expect(await start({}, systemClock)).toBe(0);
    expect(Date.now() - startedAt).toBeGreaterThan(4 * SECOND);
  });

  it('ends with 1 when the schema was not there all the time', async () => {
    const url = new URL(world.databaseUrl);
    url.pathname = '/mysql';
    expect(await start({ DATABASE_URL: url.href }, systemClock)).toBe(1);
  });
});
