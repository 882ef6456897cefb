import { SpanStatusCode } from '@opentelemetry/api';
import { recordAttributes } from '../telemetry/span-attributes.ts';
import { currentTraceparent, inSpan } from '../telemetry/tracing.ts';
import type { OutgoingRecord, PublishResult } from './micro-batch-publisher.ts';

/** Publishes inside a producer span, of the trace that is open here or of a new one; the record carries it on. */
export function inPublishSpan(
  record: OutgoingRecord,
  publish: (record: OutgoingRecord) => Promise<PublishResult>,
): Promise<PublishResult> {
  return inSpan('publish', { kind: 'producer' }, async (span) => {
    const traceparent = currentTraceparent();
    if (traceparent === undefined) return publish(record);
    span.setAttributes(recordAttributes(record));
    const result = await publish({ ...record, headers: { ...record.headers, traceparent } });
    span.setAttribute('payguard.outcome', result.kind);
    if (result.kind !== 'acknowledged') span.setStatus({ code: SpanStatusCode.ERROR });
    return result;
  });
}
