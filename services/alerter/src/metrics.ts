import type { BatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { createConsumerMetrics } from '@payguard/shared/telemetry/consumer-metrics';
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import { ALERTER_TOPICS } from './decode-record.ts';
import type { EventResult } from './mismatches/join-events.ts';

const STATES: readonly EventResult['state'][] = ['open', 'auto_repaired', 'resolved', 'dismissed'];
const RESULTS: readonly EventResult['result'][] = ['opened', 'moved', 'unchanged'];
const WEBHOOK_OUTCOMES = ['accepted', 'unauthorized', 'malformed', 'failed'] as const;

export type AlerterMetrics = {
  mismatchEvents(results: readonly EventResult[]): void;
  webhook(outcome: (typeof WEBHOOK_OUTCOMES)[number]): void;
  /** ms UTC; 0: never. */
  watchdogSeen(at: number): void;
  deadLetter(topic: string): void;
  publishFailed(): void;
  databaseReachable(reachable: boolean): void;
  readonly isDatabaseReachable: boolean;
};

/** What the alerter receives; what it sends is in src/sending. `consumer`: undefined until it runs. */
export function createAlerterMetrics(registry: Registry, consumer: () => BatchConsumer | undefined): AlerterMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'payguard_mismatch_events_total',
    help: 'Events about mismatches by the state they tell, and what that did: opened, moved, unchanged',
    labelNames: ['state', 'result'],
    registers,
  });
  for (const state of STATES) for (const result of RESULTS) events.inc({ state, result }, 0);
  const webhooks = new Counter({
    name: 'payguard_alertmanager_webhooks_total',
    help: 'Webhooks of Alertmanager by outcome; malformed ones are lost, wholly or in part; failed ones are sent again',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of WEBHOOK_OUTCOMES) webhooks.inc({ outcome }, 0);
  const watchdog = new Gauge({
    name: 'payguard_watchdog_last_seen_timestamp_seconds',
    help: 'When the last Watchdog alert was received, by any pod; 0: never',
    registers,
  });
  watchdog.set(0);
  const consuming = createConsumerMetrics(registry, ALERTER_TOPICS);
  new Gauge({
    name: 'payguard_partitions_paused',
    help: 'Partitions that wait for a newer release',
    registers,
    collect() {
      this.set(consumer()?.pausedPartitions.length ?? 0);
    },
  });
  let reachable = true;

  return {
    mismatchEvents(results) {
      for (const { state, result } of results) events.inc({ state, result });
    },
    webhook: (outcome) => webhooks.inc({ outcome }),
    watchdogSeen: (at) => watchdog.set(at / 1_000),
    deadLetter: consuming.deadLetter,
    publishFailed: consuming.publishFailed,
    databaseReachable(now) {
      reachable = now;
      consuming.databaseUp(now);
    },
    get isDatabaseReachable() {
      return reachable;
    },
  };
}
