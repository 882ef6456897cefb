import { runPoll } from '@payguard/reconciler/poll/run-poll';
import { waitUntil } from '@payguard/shared/clock/wait-until';
import { createProducer } from '@payguard/shared/kafka/kafka-client';
import { createMicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import { loadKeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import type { PollWorld } from './poll-world.ts';
import { SHOP_TIME_ZONE } from './put-in-orders.ts';

/** What a CronJob with these settings would do, in this process and on the world's clock. */
export type PollTimetable = { stop(): Promise<void> };

const MINUTE_MS = 60_000;
/** As the CronJob has it: a run works until this second of its minute, the next one starts with the next minute. */
const LAST_SECOND_MS = 55_000;
/** The service's default: the budget decides how many are under way. */
const CONCURRENCY = 256;
const MAX_QUEUED = 10_000;
const DRAIN_TIMEOUT_MS = 2_000;
const log = createLogger('poll', 'warn');

/** Starts `polls` runs now, and as many at every full minute. Each has clients of its own, as processes would. */
export function startPollTimetable(world: PollWorld, polls: number): PollTimetable {
  const stopping = new AbortController();
  const all = Array.from({ length: polls }, (_, n) => pollEveryMinute(world, `poll-${n}`, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(all);
    },
  };
}

async function pollEveryMinute(world: PollWorld, runBy: string, signal: AbortSignal) {
  const { pool, merchant, kafka } = world;
  const { clock } = world.simulator;
  const producer = createProducer(kafka);
  await producer.connect();
  const publisher = createMicroBatchPublisher(producer, { maxQueued: MAX_QUEUED });
  const keys = loadKeyRing([merchant]);
  const clients = openWechatPayClients({
    ...{ merchants: [merchant], apiUrls: [world.simulator.apiUrl], keys: () => keys, clock, log },
    budget: { pool, share: 'poll' },
  });
  const deps = {
    ...{ pool, publisher, clients: clients.byMchid, merchants: [merchant], clock, log },
    ...{ shopTimeZone: SHOP_TIME_ZONE, chance: Math.random, concurrency: CONCURRENCY },
  };
  for (let run = 0; !signal.aborted; run += 1) {
    const minute = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS;
    await runPoll({ ...deps, runBy: `${runBy}:${run}` }, { until: minute + LAST_SECOND_MS }, signal);
    await waitUntil(clock, minute + MINUTE_MS, signal);
  }
  await clients.close();
  await publisher.drain(DRAIN_TIMEOUT_MS);
  await producer.disconnect();
}
