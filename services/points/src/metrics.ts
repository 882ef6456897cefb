import type { Witness } from '@payguard/shared/events/payment-confirmed';
import { createConsumerMetrics } from '@payguard/shared/telemetry/consumer-metrics';
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Decision } from './decide.ts';
import { ORDER_TOPICS } from './order-event.ts';
import type { Recovery } from './recovery-times.ts';

const OUTCOMES: readonly Decision['outcome'][] = [
  'credited',
  'already_credited',
  'refund_requested',
  'already_refunded',
  'refunded',
  'closed',
  'unchanged',
  'mismatch',
  'parked',
  'held',
];

const ROUND_BUCKETS_S = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From a prompt callback to the end of WeChat Pay's own retries (24 h 4 m). */
const RECOVERY_BUCKETS_S = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400];
const WITNESSES: readonly Witness[] = ['callback', 'query', 'bill', 'manual'];

/** Who last found the database there, or away: rounds look only when there is something to credit. */
type DatabaseUser = 'rounds' | 'state';

export type PointsMetrics = {
  /** Begins a round; the answer ends it and counts what came of it. */
  startRound(): (outcomes: ReadonlyMap<string, number>) => void;
  credited(recoveries: readonly Recovery[]): void;
  deadLetter(topic: string): void;
  publishFailed(): void;
  databaseReachable(by: DatabaseUser, reachable: boolean): void;
  readonly isDatabaseReachable: boolean;
};

export function createPointsMetrics(registry: Registry): PointsMetrics {
  const registers = [registry];
  const outcomesTotal = new Counter({
    name: 'payguard_order_events_total',
    help: 'Order events by what they did',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of OUTCOMES) outcomesTotal.inc({ outcome }, 0);
  const round = new Histogram({
    name: 'payguard_round_duration_seconds',
    help: 'One round of events: transaction included, retries too',
    buckets: ROUND_BUCKETS_S,
    registers,
  });
  const recovery = new Histogram({
    name: 'payguard_recovery_seconds',
    help: "Payment at WeChat Pay to committed credit, by the witness that credited; manual also where a person's word was waited for",
    labelNames: ['witness'],
    buckets: RECOVERY_BUCKETS_S,
    registers,
  });
  for (const witness of WITNESSES) recovery.zero({ witness });
  const consuming = createConsumerMetrics(registry, Object.keys(ORDER_TOPICS));
  const reachable: Record<DatabaseUser, boolean> = { rounds: true, state: true };
  const isReachable = () => reachable.rounds && reachable.state;

  return {
    startRound() {
      const end = round.startTimer();
      return (outcomes) => {
        end();
        for (const [outcome, count] of outcomes) outcomesTotal.inc({ outcome }, count);
      };
    },
    credited(recoveries) {
      for (const { witness, seconds } of recoveries) recovery.observe({ witness }, seconds);
    },
    publishFailed: consuming.publishFailed,
    deadLetter: consuming.deadLetter,
    databaseReachable(by, now) {
      reachable[by] = now;
      consuming.databaseUp(isReachable());
    },
    get isDatabaseReachable() {
      return isReachable();
    },
  };
}

/** Shows how many partitions wait behind an event that only a newer release can read. */
export function observePausedPartitions(registry: Registry, read: () => readonly string[]): void {
  new Gauge({
    name: 'payguard_partitions_paused',
    help: 'Partitions that wait for a newer release',
    registers: [registry],
    collect() {
      this.set(read().length);
    },
  });
}
