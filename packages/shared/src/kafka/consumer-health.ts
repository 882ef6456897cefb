import type { HealthAnswer } from '../http/operations-server.ts';
import type { BatchConsumer } from './batch-consumer.ts';

/** A healthy consumer fetches twice a second; kafkajs retries a broker that is away without a word. */
const UNREADY_AFTER_MS = 10_000;
/** No sign of progress for this long, restarts of the consumer included: the process itself is stuck. */
const DEAD_AFTER_MS = 180_000;

/** Liveness of a process that consumes; undefined: not begun yet. */
export function consumerLiveness(consumer: BatchConsumer | undefined): HealthAnswer {
  if (consumer === undefined || Date.now() - consumer.lastProgressAt < DEAD_AFTER_MS) return { ok: true };
  return { ok: false, reason: `no progress since ${new Date(consumer.lastProgressAt).toISOString()}` };
}

/** Readiness of a process that consumes into the database. */
export function consumerReadiness(
  consumer: BatchConsumer | undefined,
  databaseUp: boolean,
  stopping: AbortSignal,
): HealthAnswer {
  if (stopping.aborted) return { ok: false, reason: 'stopping' };
  if (consumer === undefined) return { ok: false, reason: 'waiting for schema and topics' };
  if (!consumer.healthy) return { ok: false, reason: 'the Kafka consumer is not running' };
  if (Date.now() - consumer.lastProgressAt > UNREADY_AFTER_MS) return { ok: false, reason: 'Kafka does not answer' };
  if (!databaseUp) return { ok: false, reason: 'the database does not answer' };
  return { ok: true };
}
