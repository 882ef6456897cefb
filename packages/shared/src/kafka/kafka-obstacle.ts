import type { Kafka, Producer } from 'kafkajs';
import { missingTopics } from './ensure-topics.ts';

/** Why a process that consumes cannot begin yet: a topic of this release that is missing, or (thrown) a broker that is away. */
export async function kafkaObstacle(kafka: Kafka, producer: Producer): Promise<string | undefined> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const [missing] = await missingTopics(admin);
    if (missing !== undefined) return `Topic ${missing} does not exist: run payguard topics.`;
    await producer.connect();
    return undefined;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
