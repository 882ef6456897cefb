import { handleRound } from '@payguard/points/handle-round';
import { createPointsMetrics } from '@payguard/points/metrics';
import { systemClock } from '@payguard/shared/clock/clock';
import { createAnnouncer } from '@payguard/shared/kafka/announcer';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { createProducer } from '@payguard/shared/kafka/kafka-client';
import type { HandleRound } from '@payguard/shared/kafka/round-collector';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import type { BenchWorld } from './bench-world.ts';

/** What points does with a round, in this process: schema, decision, SQL, announcements and metrics. */
export async function openPointsHandler(
  world: Pick<BenchWorld, 'kafka' | 'pool'>,
): Promise<{ handle: HandleRound<ConsumedRecord>; close(): Promise<void> }> {
  const producer = createProducer(world.kafka);
  await producer.connect();
  const stopping = new AbortController();
  const metrics = createPointsMetrics(createMetricsRegistry('bench'));
  const log = createLogger('bench', 'silent');
  const deps = {
    pool: world.pool,
    announcer: createAnnouncer(producer, metrics, log, stopping.signal),
    settings: { policies: new Map(), shopTimeZone: 'Asia/Shanghai' },
    clock: systemClock,
    metrics,
    log,
    stopping: stopping.signal,
  };
  return {
    handle: (records) => handleRound(records, deps),
    async close() {
      stopping.abort();
      await producer.disconnect();
    },
  };
}
