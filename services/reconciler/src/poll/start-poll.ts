import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, systemClock } from '@payguard/shared/clock/clock';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { untilAborted } from '@payguard/shared/clock/until-aborted';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createMicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import type { Attempt } from '@payguard/shared/wechatpay-api/send-request';
import { watchKeyRing } from '@payguard/shared/wechatpay-verify/watch-key-ring';
import type { Producer } from 'kafkajs';
import type { PollCommand } from '../command-line.ts';
import type { ReconcilerConfig } from '../config.ts';
import { createRequestCounts } from '../count-requests.ts';
import { createClockOffsets } from './clock-offsets.ts';
import { endOfRun } from './end-of-run.ts';
import { type RunEnd, runPoll } from './run-poll.ts';

const PREREQUISITE_RETRY_MS = 500;
/** A single pass has somebody waiting for its end. */
const ONE_PASS_WAITS_MS = 30_000;
/** Answers wait here while the broker is busy; each order in flight has one. */
const MAX_QUEUED = 10_000;
/** What is accepted has been published by then, or the broker is away and the orders are asked about again. */
const DRAIN_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * One run of `poll` in a process of its own; answers the exit code: 0, or 1 when database, schema or Kafka were away all the
 * time. Throws ConfigError.
 */
export async function startPoll(
  config: ReconcilerConfig,
  log: Logger,
  wanted: PollCommand['end'],
  stop: AbortSignal,
  clock: Clock = systemClock,
): Promise<number> {
  const merchants = loadMerchantsFile(config.MERCHANTS_FILE);
  const keys = watchKeyRing(merchants, log);
  const pool = createDatabasePool({ url: config.DATABASE_URL });
  const producer = createProducer(createKafka('reconciler', config, log));
  const publisher = createMicroBatchPublisher(producer, { maxQueued: MAX_QUEUED });
  const budget = { pool, share: 'poll' as const };
  const apiUrls = config.WECHATPAY_API_URLS;
  const clockOffsets = createClockOffsets();
  const requests = createRequestCounts();
  const onAttempt = (attempt: Attempt) => {
    clockOffsets.note(attempt);
    requests.note(attempt);
  };
  const clients = openWechatPayClients({ merchants, apiUrls, keys: keys.current, clock, log, budget, onAttempt });
  try {
    const end: RunEnd = 'once' in wanted ? { onceIdle: true } : { until: endOfRun(clock.now(), wanted.lastSecond) };
    const waitMs = 'until' in end ? end.until - clock.now() : ONE_PASS_WAITS_MS;
    const obstacle = await firstPossible(pool, producer, waitMs, stop, log);
    if (stop.aborted) return 0;
    if (obstacle !== undefined) {
      log.error({ obstacle }, 'could not work at all');
      return 1;
    }
    const chance = Math.random;
    const runBy = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
    const { SHOP_TIME_ZONE: shopTimeZone, POLL_CONCURRENCY: concurrency } = config;
    const given = { pool, publisher, clients: clients.byMchid, merchants, clock, log, shopTimeZone };
    await runPoll({ ...given, chance, runBy, concurrency, requests }, end, stop);
    // A database that hangs must not keep a process from stopping; the next run measures anew.
    const written = clockOffsets.write(pool, clock.now()).catch((err: unknown) => log.warn({ err }, 'clock not kept'));
    await settledWithin(written, CLOSE_TIMEOUT_MS);
    return 0;
  } finally {
    keys.close();
    await settledWithin(clients.close(), CLOSE_TIMEOUT_MS);
    await publisher.drain(DRAIN_TIMEOUT_MS);
    await settledWithin(Promise.allSettled([producer.disconnect(), pool.end()]), CLOSE_TIMEOUT_MS);
  }
}

/** Waits for schema and broker; answers what was still in the way when the time is over or it is stopped. */
async function firstPossible(
  pool: DatabasePool,
  producer: Producer,
  waitMs: number,
  stop: AbortSignal,
  log: Logger,
): Promise<string | undefined> {
  const enough = AbortSignal.any([stop, AbortSignal.timeout(waitMs)]);
  let obstacle = 'Neither database nor Kafka has answered.';
  while (!enough.aborted) {
    const found = await untilAborted(findObstacle(pool, producer), enough).catch(() => obstacle);
    if (found === undefined) return undefined;
    if (found !== obstacle) log.warn({ obstacle: found }, 'waiting');
    obstacle = found;
    await delay(PREREQUISITE_RETRY_MS, undefined, { signal: enough }).catch(() => undefined);
  }
  return obstacle;
}

async function findObstacle(pool: DatabasePool, producer: Producer): Promise<string | undefined> {
  try {
    const schema = await requireSchema(pool);
    if (!schema.ready) return schema.reason;
    await producer.connect();
    return undefined;
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  }
}
