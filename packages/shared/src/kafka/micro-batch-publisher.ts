import type { Producer } from 'kafkajs';
import { settledWithin } from '../clock/settled-within.ts';
import { inPublishSpan } from './publish-span.ts';

/** kafkajs costs 300-1,400 µs for a message alone and 17-29 µs in a batch of 50-500 (measured), hence batches. */
const MAX_BATCH = 500;

export type PublishResult =
  | { kind: 'acknowledged' }
  /** The queue is full: nothing was or will be sent. */
  | { kind: 'overloaded' }
  /** Not acknowledged in time. It may still arrive; consumers take a duplicate for a no-op. */
  | { kind: 'timed_out' }
  /** The broker refused it. */
  | { kind: 'failed'; error: Error };

export type OutgoingRecord = { topic: string; key: string | null; value: string; headers: Record<string, string> };

export type MicroBatchPublisher = {
  /**
   * Promises an answer within `timeoutMs`. `acknowledged` means by all in-sync replicas. Where the process traces, the
   * record carries the span of its publishing.
   */
  publish(record: OutgoingRecord, timeoutMs: number): Promise<PublishResult>;
  readonly queued: number;
  /** True while a send has gone unanswered for longer than a broker that is well would need. */
  stalled(now: number): boolean;
  /** Refuses new records and waits for those accepted, at most `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
};

type Waiting = { record: OutgoingRecord; settle(result: PublishResult): void; settled: boolean; deadline: number };

/** A send that takes longer than this says that the broker is away. */
const STALLED_AFTER_MS = 2_000;

/** How often deadlines are looked at: one timer for all, since thousands of timers cost more than the sends. */
const DEADLINE_TICK_MS = 25;

/**
 * One batch in flight, and behind it a queue that holds at most `maxQueued` records: more batches in flight add latency,
 * not throughput (measured). Records whose caller has given up are dropped before they are sent.
 */
export function createMicroBatchPublisher(
  producer: Pick<Producer, 'sendBatch'>,
  options: { maxQueued: number; now?: () => number },
): MicroBatchPublisher {
  const now = options.now ?? (() => performance.now());
  let queue: Waiting[] = [];
  let inFlight: Waiting[] = [];
  let sendStartedAt: number | undefined;
  let scheduled = false;
  let draining: (() => void) | undefined;
  let closed = false;
  let ticker: NodeJS.Timeout | undefined;

  function publish(record: OutgoingRecord, timeoutMs: number): Promise<PublishResult> {
    if (closed || queue.length >= options.maxQueued) return Promise.resolve({ kind: 'overloaded' });
    return new Promise((resolve) => {
      const waiting: Waiting = {
        record,
        settled: false,
        deadline: now() + timeoutMs,
        settle(result) {
          if (waiting.settled) return;
          waiting.settled = true;
          resolve(result);
        },
      };
      queue.push(waiting);
      ticker ??= setInterval(expireDeadlines, DEADLINE_TICK_MS);
      scheduleSend();
    });
  }

  function scheduleSend(): void {
    if (scheduled || sendStartedAt !== undefined) return;
    scheduled = true;
    // After this turn of the event loop, so that requests read in the same turn share a batch.
    setImmediate(() => {
      scheduled = false;
      void sendQueue();
    });
  }

  async function sendQueue(): Promise<void> {
    if (sendStartedAt !== undefined) return;
    for (inFlight = takeBatch(); inFlight.length > 0; inFlight = takeBatch()) {
      sendStartedAt = now();
      const result = await send(inFlight);
      for (const waiting of inFlight) waiting.settle(result);
      sendStartedAt = undefined;
    }
    becomeIdle();
  }

  async function send(batch: Waiting[]): Promise<PublishResult> {
    try {
      await producer.sendBatch({ acks: -1, topicMessages: groupByTopic(batch) });
      return { kind: 'acknowledged' };
    } catch (err) {
      return { kind: 'failed', error: err instanceof Error ? err : new Error(String(err)) };
    }
  }

  function takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    let taken = 0;
    while (taken < queue.length && batch.length < MAX_BATCH) {
      const waiting = queue[taken++];
      if (waiting !== undefined && !waiting.settled) batch.push(waiting);
    }
    queue = queue.slice(taken);
    return batch;
  }

  function expireDeadlines(): void {
    const at = now();
    for (const waiting of inFlight) if (waiting.deadline <= at) waiting.settle({ kind: 'timed_out' });
    for (const waiting of queue) if (waiting.deadline <= at) waiting.settle({ kind: 'timed_out' });
    // Those who gave up take no place from those who still wait.
    queue = queue.filter((waiting) => !waiting.settled);
  }

  function becomeIdle(): void {
    clearInterval(ticker);
    ticker = undefined;
    draining?.();
  }

  return {
    publish: (record, timeoutMs) => inPublishSpan(record, (carrying) => publish(carrying, timeoutMs)),
    get queued() {
      return queue.length;
    },
    stalled: (at) => sendStartedAt !== undefined && at - sendStartedAt > STALLED_AFTER_MS,
    async drain(timeoutMs) {
      closed = true;
      if (queue.length === 0 && sendStartedAt === undefined) return becomeIdle();
      const drained = new Promise<void>((resolve) => {
        draining = resolve;
      });
      await settledWithin(drained, timeoutMs);
      clearInterval(ticker);
    },
  };
}

function groupByTopic(batch: Waiting[]) {
  const byTopic = new Map<string, { key: string | null; value: string; headers: Record<string, string> }[]>();
  for (const { record } of batch) {
    const message = { key: record.key, value: record.value, headers: record.headers };
    const messages = byTopic.get(record.topic);
    if (messages === undefined) byTopic.set(record.topic, [message]);
    else messages.push(message);
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}
