import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import kafkajs from 'kafkajs';

// CommonJS: run by Node itself (not by vitest), these names are found only on the default export.
const { KafkaJSProtocolError } = kafkajs;

/** A partition gets its new leader within seconds; longer means that its replicas are down. */
const LEADER_TIMEOUT_MS = 10_000;
const POLL_MS = 100;
/** What a broker says while a partition's leadership is on its way: just created, or moved. */
const LEADER_MOVES = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION']);

/**
 * First and next offset of each partition. kafkajs gives up at once when a partition has no leader for the moment; here it
 * is asked again for up to 10 s. Any other error is thrown as it comes.
 */
export async function fetchTopicOffsets(admin: Admin, topic: string): ReturnType<Admin['fetchTopicOffsets']> {
  for (const deadline = performance.now() + LEADER_TIMEOUT_MS; ; await delay(POLL_MS)) {
    try {
      return await admin.fetchTopicOffsets(topic);
    } catch (err) {
      if (!isLeaderMove(err) || performance.now() > deadline) throw err;
    }
  }
}

function isLeaderMove(err: unknown): boolean {
  return err instanceof KafkaJSProtocolError && LEADER_MOVES.has(err.type);
}
