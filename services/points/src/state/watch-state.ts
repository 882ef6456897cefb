import type { Clock } from '@payguard/shared/clock/clock';
import { repeatEvery } from '@payguard/shared/clock/repeat-every';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Kafka } from 'kafkajs';
import type { Registry } from 'prom-client';
import { createSystemState } from './system-state.ts';
import { type ConsumerGroup, createTopicsState } from './topics-state.ts';

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
};

/**
 * Keeps the gauges of the whole system's state up to date until stopped: the database and Kafka each by itself, so that
 * one that is away leaves the other's figures right.
 */
export function watchState(sources: StateSources): void {
  const { registry, pool, kafka, clock, log, stopping, shopTimeZone, callbackWindowMs, groups } = sources;
  const system = createSystemState(registry, { callbackWindowMs });
  repeatEvery(STATE_EVERY_MS, stopping, log, 'read state', () =>
    system.refresh({ pool, now: clock.now(), shopTimeZone }),
  );

  const topics = createTopicsState(registry, groups);
  const admin = kafka.admin();
  let connected = false;
  let readAt = performance.now();
  repeatEvery(STATE_EVERY_MS, stopping, log, 'read topics', async () => {
    if (!connected) await admin.connect();
    connected = true;
    await topics.refresh(admin, pool);
    readAt = performance.now();
  });
  // By itself: kafkajs waits for a broker that is away for as long as it takes.
  repeatEvery(STATE_EVERY_MS, stopping, log, 'forget topics', async () => {
    if (performance.now() - readAt > TOPICS_STALE_AFTER_MS) topics.forget();
  });
  stopping.addEventListener('abort', () => void admin.disconnect().catch(() => undefined), { once: true });
}
