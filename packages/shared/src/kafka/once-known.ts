import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';

// CommonJS: run by Node itself (not by vitest), these names are found only on the default export.
const { KafkaJSProtocolError } = kafkajs;

/** A topic just created, or a partition whose leader has gone, is known to every broker in well under this. */
const KNOWN_TIMEOUT_MS = 15_000;
const POLL_MS = 100;
/** What a broker says as long as it does not know a topic, or a partition has no leader or another than it believed. */
const NOT_YET_KNOWN = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

/**
 * Asks the cluster again while it does not know a topic or its leaders yet, where kafkajs' admin gives up at once. For up
 * to 15 s; any other error is thrown as it comes.
 */
export async function onceKnown<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + KNOWN_TIMEOUT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (err) {
      const cause = err instanceof Error && err.cause instanceof Error ? err.cause : err;
      const mayPass = cause instanceof KafkaJSProtocolError && NOT_YET_KNOWN.has(cause.type);
      if (!mayPass || performance.now() > deadline) throw err;
      await delay(POLL_MS);
    }
  }
}
