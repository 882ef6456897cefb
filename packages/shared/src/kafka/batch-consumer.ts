import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { settledWithin } from '../clock/settled-within.ts';
import { untilAborted } from '../clock/until-aborted.ts';
import type { Logger } from '../telemetry/logger.ts';
import { KAFKA_RETRY } from './kafka-client.ts';
import type { HandleRound, RoundCollector } from './round-collector.ts';
import { createRoundCollector } from './round-collector.ts';

export type ConsumedRecord = { topic: string; partition: number; message: KafkaMessage };

export type BatchConsumer = {
  /** In the group, fetching, and nothing has crashed since. */
  readonly healthy: boolean;
  /** ms UTC of the last sign that the consumer moves: a fetch answered, a round handled, or a restart begun. */
  readonly lastProgressAt: number;
  /** Partitions that wait for a newer release, as `topic[partition]`. */
  readonly pausedPartitions: string[];
  stop(): Promise<void>;
};

/** Bound of one round, and so of one database transaction and of the memory it takes. */
const MAX_RECORDS_A_ROUND = 500;
/** Workers inside kafkajs: more than any pod's partitions, so that all partitions of one fetch are delivered together. */
const PARTITIONS_AT_ONCE = 64;
const MAX_BYTES_PER_PARTITION = 256 * 1024;
const MAX_BYTES_PER_FETCH = 8 * 1024 * 1024;
/** A quiet topic is asked again this often; records wake the fetch at once. */
const MAX_WAIT_MS = 500;
/** The shortest a broker allows by default: a killed member holds its partitions for that long. */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_500;
/** After several kills in a row a group waits this long for members that no longer are (kafkajs: a minute). */
const REBALANCE_TIMEOUT_MS = 15_000;
/** kafkajs has open reports of consumers stuck after a rebalance (659, 1122): no progress for this long means restart. */
const STUCK_AFTER_MS = 60_000;
const SUPERVISE_EVERY_MS = 1_000;
const MIN_RESTART_DELAY_MS = 500;
const MAX_RESTART_DELAY_MS = 15_000;
/** A consumer that held this long was well: the next crash begins with the shortest delay again. */
const WELL_AFTER_MS = 60_000;
const STOP_TIMEOUT_MS = 8_000;

export type BatchConsumerOptions = {
  kafka: Kafka;
  groupId: string;
  topics: string[];
  log: Logger;
  /**
   * Handles a round to its durable end and answers what is left to do besides (announcements), which may overlap with the
   * next round. The offsets are committed after both (invariant 5). It retries what can be retried for as long as it
   * takes and gives up only when the consumer stops.
   */
  handle: HandleRound<ConsumedRecord>;
  /** True for a record that only a newer release can read: its partition is paused there, with everything behind it. */
  needsNewerRelease(record: ConsumedRecord): boolean;
};

/** Runs a consumer group member under supervision: crashed or stuck, it is replaced after a growing delay. */
export function startBatchConsumer(options: BatchConsumerOptions): BatchConsumer {
  const { log } = options;
  const stopping = new AbortController();
  const collector = createRoundCollector({ maxRecords: MAX_RECORDS_A_ROUND, handle: options.handle });
  const state = { healthy: false, lastProgressAt: Date.now(), paused: new Set<string>() };

  async function supervise(): Promise<void> {
    let restartDelay = MIN_RESTART_DELAY_MS;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      state.lastProgressAt = startedAt;
      state.paused.clear();
      const reason = await runUntilLost(options, collector, state, stopping.signal);
      state.healthy = false;
      if (stopping.signal.aborted) return;
      restartDelay = Date.now() - startedAt > WELL_AFTER_MS ? MIN_RESTART_DELAY_MS : restartDelay;
      log.error({ reason, restartInMs: restartDelay }, 'consumer lost, restarting it');
      await delay(restartDelay, undefined, { signal: stopping.signal }).catch(() => undefined);
      restartDelay = Math.min(restartDelay * 2, MAX_RESTART_DELAY_MS);
    }
  }

  const supervised = supervise();
  return {
    get healthy() {
      return state.healthy;
    },
    get lastProgressAt() {
      return state.lastProgressAt;
    },
    get pausedPartitions() {
      return [...state.paused];
    },
    async stop() {
      stopping.abort();
      await supervised;
    },
  };
}

type ConsumerState = { healthy: boolean; lastProgressAt: number; paused: Set<string> };

/** Runs one kafkajs consumer until it crashes for good, gets stuck or is told to stop; answers why it ended. */
async function runUntilLost(
  options: BatchConsumerOptions,
  collector: RoundCollector<ConsumedRecord>,
  state: ConsumerState,
  stopping: AbortSignal,
): Promise<string> {
  const consumer = options.kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
    maxBytes: MAX_BYTES_PER_FETCH,
    maxWaitTimeInMs: MAX_WAIT_MS,
    retry: KAFKA_RETRY,
  });
  let lost: string | undefined;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    state.healthy = true;
    state.lastProgressAt = Date.now();
  });
  consumer.on(consumer.events.FETCH, () => {
    state.healthy = true;
    state.lastProgressAt = Date.now();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    state.healthy = false;
    if (!payload.restart) lost = payload.error.message;
  });
  try {
    // Without a broker these go on trying for ever, also when told to stop.
    await untilAborted(join(consumer, options, collector, state), stopping);
    while (lost === undefined && !stopping.aborted) {
      await delay(SUPERVISE_EVERY_MS, undefined, { signal: stopping }).catch(() => undefined);
      if (Date.now() - state.lastProgressAt > STUCK_AFTER_MS) lost = `no progress for ${STUCK_AFTER_MS} ms`;
    }
  } catch (err) {
    lost = err instanceof Error ? err.message : String(err);
  }
  await settledWithin(consumer.disconnect(), STOP_TIMEOUT_MS);
  return lost ?? 'stopped';
}

async function join(
  consumer: Consumer,
  options: BatchConsumerOptions,
  collector: RoundCollector<ConsumedRecord>,
  state: ConsumerState,
): Promise<void> {
  await consumer.connect();
  // A group without an offset begins with the oldest record; kafkajs' default would skip silently.
  await consumer.subscribe({ topics: options.topics, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
    eachBatch: (payload) => deliver(payload, options, collector, state),
  });
}

/** Hands one partition's records to the collector, and keeps the membership alive while they are being handled. */
async function deliver(
  payload: EachBatchPayload,
  options: BatchConsumerOptions,
  collector: RoundCollector<ConsumedRecord>,
  state: ConsumerState,
): Promise<void> {
  const { topic, partition } = payload.batch;
  const all = payload.batch.messages.map((message) => ({ topic, partition, message }));
  const stopAt = all.findIndex((record) => options.needsNewerRelease(record));
  const records = stopAt === -1 ? all : all.slice(0, stopAt);
  for (let start = 0; start < records.length; start += MAX_RECORDS_A_ROUND) {
    if (!payload.isRunning() || payload.isStale()) return;
    const part = records.slice(start, start + MAX_RECORDS_A_ROUND);
    const last = part.at(-1);
    if (last === undefined) break;
    const delivery = {
      records: part,
      handled: () => payload.resolveOffset(last.message.offset),
      commit: () => payload.commitOffsetsIfNecessary(payload.uncommittedOffsets()),
    };
    await withHeartbeats(payload, state, (signal) => collector.add(delivery, signal));
    state.lastProgressAt = Date.now();
  }
  if (stopAt === -1) return;
  payload.pause();
  state.paused.add(`${topic}[${partition}]`);
  options.log.error(
    { topic, partition, offset: all[stopAt]?.message.offset },
    'event of a newer release: partition paused',
  );
}

/** A lost membership ends the waiting (the records are delivered again to whoever owns them then), not the handling. */
async function withHeartbeats(
  payload: EachBatchPayload,
  state: ConsumerState,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const timer = setInterval(() => {
    payload.heartbeat().then(
      // Waiting for a database is not being stuck.
      () => {
        state.lastProgressAt = Date.now();
      },
      (err: unknown) => lost.abort(err),
    );
  }, HEARTBEAT_MS);
  try {
    await work(lost.signal);
  } finally {
    clearInterval(timer);
  }
}
