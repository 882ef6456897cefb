import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import type { Kafka, Producer } from 'kafkajs';

const PUBLISHED_TOPICS = ['payment.confirmed', 'payment.closed', 'payment.refunded'];

/** What keeps checkout from working: the schema, a topic that it writes, or (thrown) a server that does not answer. */
export async function findObstacle(kafka: Kafka, producer: Producer, pool: DatabasePool): Promise<string | undefined> {
  const schema = await requireSchema(pool);
  if (!schema.ready) return schema.reason;
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: PUBLISHED_TOPICS });
    await producer.connect();
    return undefined;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
