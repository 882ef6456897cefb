import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { DeadLetterRecord } from './dead-letter-record.ts';

/** Records from `from` to before `to` of one partition. */
export type OffsetRange = { topic: string; partition: number; from: bigint; to: bigint };

/** Of the groups that a reader joins, each under a new name. */
export const READER_GROUP_PREFIX = 'payguard-cli-';

/** Bounds what is in memory, whatever the topics hold. */
const MAX_BYTES_PER_FETCH = 4 * 1024 * 1024;
const MAX_BYTES_PER_PARTITION = 512 * 1024;
const MAX_RECORDS_A_VISIT = 200;
const MAX_WAIT_MS = 200;
/** A change of leader passes within these. */
const FETCH_RETRIES = 5;
/** A visit publishes and writes to the database: it may take its time before the group gives the reader up. */
const SESSION_TIMEOUT_MS = 30_000;
/** Joining takes up to 3 s on a production broker; longer silence means that the records do not come. */
const SILENCE_TIMEOUT_MS = 20_000;
/** A broker that has just started, or taken a group over, loads its groups for a while and takes no members. */
const JOIN_TIMEOUT_MS = 15_000;
const JOIN_RETRY_MS = 500;

export type Visit = (records: DeadLetterRecord[]) => Promise<void>;

/**
 * Hands all records of the ranges (one for each partition) to `visit`, in order within a partition, at most 200 at a
 * time. Leaves no trace: it commits nothing and removes its consumer group; that of a failed or killed reader, being
 * empty, Kafka removes by itself. Throws what `visit` throws, and when Kafka fails or is silent for 20 s.
 */
export async function readDeadLetters(kafka: Kafka, ranges: readonly OffsetRange[], visit: Visit): Promise<void> {
  if (ranges.length === 0) return;
  const groupId = `${READER_GROUP_PREFIX}${randomUUID()}`;
  const deadline = performance.now() + JOIN_TIMEOUT_MS;
  for (;;) {
    const result = await consumeRanges(createReader(kafka, groupId), ranges, visit);
    if (result.outcome === 'read') break;
    if (performance.now() > deadline) throw result.error;
    await delay(JOIN_RETRY_MS);
  }
  await removeGroup(kafka, groupId);
}

function createReader(kafka: Kafka, groupId: string): Consumer {
  return kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    maxBytes: MAX_BYTES_PER_FETCH,
    maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
    maxWaitTimeInMs: MAX_WAIT_MS,
    retry: { retries: FETCH_RETRIES, restartOnFailure: async () => false },
  });
}

type ReadResult = { outcome: 'read' } | { outcome: 'not_joined'; error: Error };

async function consumeRanges(consumer: Consumer, ranges: readonly OffsetRange[], visit: Visit): Promise<ReadResult> {
  const open = new Map(ranges.map((range) => [`${range.topic}/${range.partition}`, { ...range }]));
  const done = Promise.withResolvers<void>();
  // Rejected before anybody waits for it, it must not end the process.
  done.promise.catch(() => undefined);
  let ended = false;
  const end = (error?: unknown): void => {
    ended = true;
    if (error === undefined) done.resolve();
    else done.reject(error);
  };
  let visiting = false;
  const silence = setTimeout(() => {
    if (visiting) silence.refresh();
    else end(new Error(`Kafka sent nothing for ${SILENCE_TIMEOUT_MS / 1_000} s: check the brokers and try again.`));
  }, SILENCE_TIMEOUT_MS);
  let joined = false;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joined = true;
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));
  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch } = payload;
    const range = open.get(`${batch.topic}/${batch.partition}`);
    if (ended) return;
    if (range === undefined) {
      payload.pause();
      return;
    }
    visiting = true;
    try {
      await visitBatch(payload, range, visit);
    } catch (error) {
      end(error);
      return;
    } finally {
      visiting = false;
      silence.refresh();
    }
    if (range.from >= range.to) open.delete(`${batch.topic}/${batch.partition}`);
    if (open.size === 0) end();
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(ranges.map((range) => range.topic))], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch });
    // A consumer that crashed while it joined takes no seek.
    for (const { topic, partition, from } of ended ? [] : ranges) {
      consumer.seek({ topic, partition, offset: String(from) });
    }
    await done.promise;
    return { outcome: 'read' };
  } catch (error) {
    if (joined || !(error instanceof Error)) throw error;
    return { outcome: 'not_joined', error };
  } finally {
    clearTimeout(silence);
    ended = true;
    await consumer.disconnect();
  }
}

/** Moves `range.from` on as records are seen: what was fetched twice around the seek is visited once. */
async function visitBatch({ batch, heartbeat }: EachBatchPayload, range: OffsetRange, visit: Visit): Promise<void> {
  const { topic, partition } = batch;
  const records = batch.messages
    .map((message) => ({ topic, partition, offset: BigInt(message.offset), message }))
    .filter((record) => record.offset >= range.from && record.offset < range.to);
  for (let start = 0; start < records.length; start += MAX_RECORDS_A_VISIT) {
    await visit(records.slice(start, start + MAX_RECORDS_A_VISIT));
    await heartbeat();
  }
  const next = BigInt(batch.lastOffset()) + 1n;
  if (next > range.from) range.from = next;
}

/** A courtesy: an empty group without offsets is forgotten by Kafka in time, so a failure here is none of the command. */
async function removeGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // See above.
  } finally {
    await admin.disconnect();
  }
}
