import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Announcer } from './announcer.ts';
import type { ConsumedRecord } from './batch-consumer.ts';
import { toDeadLetter } from './dead-letter.ts';

export type BuryDependencies = {
  announcer: Announcer;
  clock: Clock;
  metrics: { deadLetter(topic: string): void };
  log: Logger;
};

/**
 * Gives a record up: resolves when its dead letter is durable, counted and logged. `attempts`: how often it was tried here.
 * Throws when told to stop before.
 */
export async function buryRecord(
  record: ConsumedRecord,
  why: { consumer: string; reason: string; attempts: number },
  { announcer, clock, metrics, log }: BuryDependencies,
): Promise<void> {
  const { topic, partition, message } = record;
  await announcer.publish([toDeadLetter(record, { ...why, at: clock.now() })]);
  metrics.deadLetter(topic);
  log.error({ topic, partition, offset: message.offset, reason: why.reason }, 'dead letter');
}
