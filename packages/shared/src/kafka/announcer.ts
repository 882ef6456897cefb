import { setTimeout as delay } from 'node:timers/promises';
import type { IHeaders, Message, Producer } from 'kafkajs';
import { untilAborted } from '../clock/until-aborted.ts';
import type { Logger } from '../telemetry/logger.ts';
import { recordAttributes } from '../telemetry/span-attributes.ts';
import { inSharedSpans } from '../telemetry/tracing.ts';

/** Small sends let the next round's statements in between: a quarter more credits a second than with 500 (measured). */
const MAX_BATCH = 50;
const RETRY_MS = 500;

/** Kafka did not take it in time. It passes: the round is tried again. */
export class NotPublishedError extends Error {
  override readonly name = 'NotPublishedError';
}

export type AnnouncedRecord = {
  topic: string;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers: IHeaders;
};

export type Announcer = {
  /**
   * Publishes until all in-sync replicas have it. A broker that is away is waited for, since the round's offsets may not be
   * committed before; told to stop, it throws, and the round is delivered again after the next start.
   */
  publish(records: AnnouncedRecord[]): Promise<void>;
  /** The same within `timeoutMs`, or NotPublishedError: for those who hold locks meanwhile. */
  publishWithin(records: AnnouncedRecord[], timeoutMs: number): Promise<void>;
};

export function createAnnouncer(
  producer: Pick<Producer, 'sendBatch'>,
  metrics: { publishFailed(): void },
  log: Logger,
  stopping: AbortSignal,
): Announcer {
  async function publish(records: AnnouncedRecord[], giveUp: AbortSignal = stopping): Promise<void> {
    await inAnnounceSpans(records, async (carrying) => {
      for (let start = 0; start < carrying.length; start += MAX_BATCH) {
        await sendUntilAcknowledged(carrying.slice(start, start + MAX_BATCH), giveUp);
      }
    });
  }

  async function sendUntilAcknowledged(records: AnnouncedRecord[], giveUp: AbortSignal): Promise<void> {
    const topicMessages = groupByTopic(records);
    for (;;) {
      giveUp.throwIfAborted();
      try {
        await untilAborted(producer.sendBatch({ acks: -1, topicMessages }), giveUp);
        return;
      } catch (err) {
        giveUp.throwIfAborted();
        // kafkajs itself tries again what passes, so this is worth a person's look.
        metrics.publishFailed();
        log.error({ err, topics: topicMessages.map((each) => each.topic) }, 'Kafka refused a send, trying again');
        await delay(RETRY_MS, undefined, { signal: giveUp });
      }
    }
  }

  return {
    publish: (records) => publish(records),
    async publishWithin(records, timeoutMs) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        await publish(records, AbortSignal.any([stopping, timeout]));
      } catch (err) {
        if (stopping.aborted) throw err;
        throw new NotPublishedError(`Kafka took no announcement within ${timeoutMs} ms`);
      }
    },
  };
}

/** A record whose trace is sampled carries the span of its announcing on. A dead letter stays as it came: its headers are bytes. */
function inAnnounceSpans(
  records: AnnouncedRecord[],
  announce: (records: AnnouncedRecord[]) => Promise<void>,
): Promise<void> {
  const parents = records.map(({ headers: { traceparent } }) =>
    typeof traceparent === 'string' ? traceparent : undefined,
  );
  const attributesOf = (n: number) => {
    const record = records[n];
    return record === undefined ? {} : recordAttributes(record);
  };
  return inSharedSpans('announce', { kind: 'producer', parents, attributesOf }, ({ traceparents }) =>
    announce(
      records.map((record, n) => {
        const traceparent = traceparents[n];
        return traceparent === parents[n] ? record : { ...record, headers: { ...record.headers, traceparent } };
      }),
    ),
  );
}

function groupByTopic(records: AnnouncedRecord[]): { topic: string; messages: Message[] }[] {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of records) {
    const messages = byTopic.get(topic) ?? [];
    messages.push({ key, value, headers });
    byTopic.set(topic, messages);
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}
