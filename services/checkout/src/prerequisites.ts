import { setTimeout as delay } from 'node:timers/promises';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Kafka, Producer } from 'kafkajs';

const RETRY_MS = 500;
const PUBLISHED_TOPICS = ['payment.confirmed', 'payment.closed', 'payment.refunded'];

/**
 * Resolves to true when the producer is connected and the schema and every topic that checkout writes exist; keeps trying
 * (pods start in any order), and says in the log what it waits for. False when aborted.
 */
export async function whenPossible(
  parts: { kafka: Kafka; producer: Producer; pool: DatabasePool; log: Logger },
  signal: AbortSignal,
): Promise<boolean> {
  let told = '';
  while (!signal.aborted) {
    const obstacle = await findObstacle(parts);
    if (obstacle === undefined) return true;
    if (obstacle !== told) parts.log.warn({ obstacle }, 'waiting');
    told = obstacle;
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

async function findObstacle({
  kafka,
  producer,
  pool,
}: Parameters<typeof whenPossible>[0]): Promise<string | undefined> {
  const admin = kafka.admin();
  try {
    const schema = await requireSchema(pool);
    if (!schema.ready) return schema.reason;
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: PUBLISHED_TOPICS });
    await producer.connect();
    return undefined;
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
