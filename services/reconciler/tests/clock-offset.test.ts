import type { Clock } from '@payguard/shared/clock/clock';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import type {} from '../../../tests/setup/global-servers.ts';
import { environment } from '../src/config.ts';
import { startPoll } from '../src/poll/start-poll.ts';
import { openPollWorld, type PollWorld, SECOND } from './poll-world.ts';

const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };
const SILENT = createLogger('reconciler', 'silent');
/** Whole seconds in WeChat Pay's headers, and the way there and back on a busy machine. */
const TOLERANCE_S = 2;

let world: PollWorld;
let brokers: string[];
beforeAll(async () => {
  brokers = inject('kafkaBrokers') ?? [];
  await ensureTopics(createKafka('tests', { KAFKA_BROKERS: brokers, KAFKA_SSL: false }, SILENT), ONE_BROKER);
  world = await openPollWorld({ clock: 'real' });
});
afterAll(() => world.close());
// WeChat Pay's time has whole seconds: runs of the same one could not be told apart.
beforeEach(() => world.pool.query('DELETE FROM job_gauges'));

it.each([
  // In this order: the budget lends no moment twice, and one that was lent ahead would have to be waited for.
  ['behind, by what its signed answers say', -100, 'CLOCK_BEHIND_1'],
  ['ahead', 40, 'CLOCK_AHEAD_01'],
  ['so far off that WeChat Pay refuses every call, by the Date of its refusals', 400, 'CLOCK_REFUSED'],
])('a poll keeps that our clock is %s', async (_how, offsetSeconds, outTradeNo) => {
  await world.addOrder({ outTradeNo, age: 200 * SECOND });
  const startedAt = Date.now();
  await poll({ now: () => Date.now() + offsetSeconds * SECOND });
  const rows = await world.pool.query({
    sql: "SELECT label, value, observed_at FROM job_gauges WHERE name = 'clock_offset_seconds'",
    dateStrings: true,
  });
  expect(rows).toHaveLength(1);
  expect(rows[0].label).toBe(world.mchid);
  expect(Math.abs(rows[0].value - offsetSeconds)).toBeLessThan(TOLERANCE_S);
  // By WeChat Pay's clock, so that a figure of before the clock was put right does not pass for the later one.
  expect(Math.abs(Date.parse(`${rows[0].observed_at}Z`) - startedAt)).toBeLessThan(20 * SECOND);
});

async function poll(clock: Clock): Promise<void> {
  const config = loadEnvironment(environment, {
    KAFKA_BROKERS: brokers.join(),
    DATABASE_URL: world.databaseUrl,
    MERCHANTS_FILE: world.merchantsFile,
    WECHATPAY_API_URLS: world.simulator.apiUrl,
  });
  expect(await startPoll(config, SILENT, { once: true }, new AbortController().signal, clock)).toBe(0);
}
