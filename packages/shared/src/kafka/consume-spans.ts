import type { Attributes } from '@opentelemetry/api';
import { recordAttributes } from '../telemetry/span-attributes.ts';
import { startSharedSpans } from '../telemetry/tracing.ts';
import type { ConsumedRecord } from './batch-consumer.ts';

/** What is left to do of a round when it is durable (see HandleRound). */
type Rest = () => Promise<void>;

/**
 * Handles a round inside a `consume` span in each trace of its records that is sampled: from here to the end of the rest.
 * `handle` is given, for each record, the `traceparent` that what comes of it goes on from.
 */
export async function inConsumeSpans(
  records: readonly { record: ConsumedRecord; traceparent: string | undefined }[],
  handle: (traceparents: readonly (string | undefined)[]) => Promise<Rest>,
): Promise<Rest> {
  const spans = startSharedSpans('consume', {
    kind: 'consumer',
    parents: records.map(({ traceparent }) => traceparent),
    attributesOf: (n) => ({
      ...consumedAttributes(records[n]?.record),
      'messaging.batch.message_count': records.length,
    }),
  });
  try {
    const rest = await handle(spans.traceparents);
    return () => rest().then(spans.end, endWith);
  } catch (err) {
    return endWith(err);
  }

  function endWith(err: unknown): never {
    spans.end(err);
    throw err;
  }
}

/** Which record a span is about; nothing for none. */
export function consumedAttributes(record: ConsumedRecord | undefined): Attributes {
  if (record === undefined) return {};
  const { topic, partition, message } = record;
  return recordAttributes({ topic, partition, offset: message.offset, key: message.key });
}
