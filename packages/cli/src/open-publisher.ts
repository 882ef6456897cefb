import { settledWithin } from '@payguard/shared/clock/settled-within';
import { createMicroBatchPublisher, type MicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import { Partitioners } from 'kafkajs';
import { withKafka } from './open-kafka.ts';

/** More than a command has under way at once. */
const MAX_QUEUED = 1_000;
/** What is accepted is answered within its own time-out, which is shorter. */
const CLOSE_TIMEOUT_MS = 10_000;

/** Runs the work with a publisher whose records all in-sync replicas acknowledge, and closes it in the end. */
export function withPublisher<T>(
  brokersOption: string | undefined,
  work: (publisher: MicroBatchPublisher) => Promise<T>,
): Promise<T> {
  return withKafka(brokersOption, async (kafka) => {
    const producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    const publisher = createMicroBatchPublisher(producer, { maxQueued: MAX_QUEUED });
    try {
      return await work(publisher);
    } finally {
      await publisher.drain(CLOSE_TIMEOUT_MS);
      await settledWithin(producer.disconnect(), CLOSE_TIMEOUT_MS);
    }
  });
}
