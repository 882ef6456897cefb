import type { Clock } from '@payguard/shared/clock/clock';
import { repeatEvery } from '@payguard/shared/clock/repeat-every';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { isContentionError, isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Kafka } from 'kafkajs';
import type { Registry } from 'prom-client';
import { createSystemState, type SystemState } from './system-state.ts';
import { type ConsumerGroup, createTopicsState, type TopicsSubject } from './topics-state.ts';

/** A scrape comes every 15 to 60 s; one look costs some milliseconds. */
const STATE_EVERY_MS = 15_000;
/** Longer than a broker's restart. */
const TOPICS_STALE_AFTER_MS = 120_000;

export type StateSources = {
  registry: Registry;
  pool: DatabasePool;
  kafka: Kafka;
  clock: Clock;
  log: Logger;
  stopping: AbortSignal;
  shopTimeZone: string;
  /** The width of the window in which payments' callbacks are counted. */
  callbackWindowMs: number;
  /** Whose lag is shown. */
  groups: readonly ConsumerGroup[];
  /** Told of each look at the database, whether there is traffic or not. */
  databaseReachable(reachable: boolean): void;
};

/**
 * Keeps the gauges of the whole system's state up to date until stopped: the database, consumers' lag and dead letters
 * each by itself, so that what is away leaves the others' figures right.
 */
export function watchState(sources: StateSources): void {
  const { registry, log, stopping, callbackWindowMs, groups } = sources;
  const system = createSystemState(registry, { callbackWindowMs });
  repeatEvery(STATE_EVERY_MS, stopping, log, 'read state', () => readState(system, sources));
  const { lag, deadLetters } = createTopicsState(registry, groups);
  watchTopics('consumer lag', lag, sources);
  watchTopics('dead letters', deadLetters, sources);
}

/** On one connection, so that a database that is away is waited for once and not for each subject. */
async function readState(system: SystemState, sources: StateSources): Promise<void> {
  const { pool, clock, shopTimeZone, databaseReachable } = sources;
  try {
    const connection = await pool.getConnection();
    try {
      await system.refresh({ pool: connection, now: clock.now(), shopTimeZone });
    } finally {
      await connection.release();
    }
    databaseReachable(true);
  } catch (err) {
    if (isRetriableDatabaseError(err)) databaseReachable(isContentionError(err));
    throw err;
  }
}

function watchTopics(name: string, subject: TopicsSubject, { kafka, pool, log, stopping }: StateSources): void {
  const admin = kafka.admin();
  let connected = false;
  let readAt = performance.now();
  repeatEvery(STATE_EVERY_MS, stopping, log, `read ${name}`, async () => {
    if (!connected) await admin.connect();
    connected = true;
    await subject.refresh(admin, pool);
    readAt = performance.now();
  });
  // By itself: kafkajs waits for a broker that is away for as long as it takes.
  repeatEvery(STATE_EVERY_MS, stopping, log, `forget ${name}`, async () => {
    if (performance.now() - readAt > TOPICS_STALE_AFTER_MS) subject.forget();
  });
  stopping.addEventListener('abort', () => void admin.disconnect().catch(() => undefined), { once: true });
}
