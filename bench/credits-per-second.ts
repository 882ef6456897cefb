import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { startBatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { needsNewerRelease } from '@payguard/shared/kafka/needs-newer-release';
import type { HandleRound } from '@payguard/shared/kafka/round-collector';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { BenchWorld } from './bench-world.ts';
import { resetCredits } from './fill-points.ts';

const ROUND_TIMEOUT_MS = 180_000;
const POLL_MS = 5;

export type Variant = { name: string; handle: HandleRound<ConsumedRecord> };

/** A new group reads the whole topic into an uncredited database; from the first record handed over to the last credit. */
export async function creditsPerSecond(
  world: Pick<BenchWorld, 'kafka' | 'pool'>,
  variant: Variant,
  wanted: number,
): Promise<number> {
  await resetCredits(world.pool);
  let claimed = 0;
  let handled = 0;
  let startedAt: number | undefined;
  let endedAt = 0;
  const consumer = startBatchConsumer({
    kafka: world.kafka,
    groupId: `bench-${variant.name}-${Date.now()}`,
    topics: ['payment.confirmed'],
    log: createLogger('bench', 'silent'),
    needsNewerRelease,
    async handle(records) {
      startedAt ??= performance.now();
      const part = records.slice(0, Math.max(0, wanted - claimed));
      claimed += part.length;
      if (part.length === 0) return nothingMore();
      const finish = await variant.handle(part);
      return async () => {
        await finish();
        handled += part.length;
        endedAt = performance.now();
      };
    },
  });
  const deadline = Date.now() + ROUND_TIMEOUT_MS;
  while (handled < wanted && Date.now() < deadline) await delay(POLL_MS);
  await consumer.stop();
  const credited: { orders: number }[] = await world.pool.query(
    'SELECT COUNT(*) AS orders FROM payment_orders WHERE credited_at IS NOT NULL',
  );
  if (credited[0]?.orders !== wanted)
    throw new Error(`${variant.name}: ${credited[0]?.orders} of ${wanted} orders credited`);
  return wanted / ((endedAt - (startedAt ?? endedAt)) / 1000);
}

export function nothingMore(): () => Promise<void> {
  return async () => undefined;
}
