import { SpanStatusCode } from '@opentelemetry/api';
import { recordAttributes } from '../telemetry/span-attributes.ts';
import { currentTraceparent, inSpan } from '../telemetry/tracing.ts';
import type { OutgoingRecord, PublishResult } from './micro-batch-publisher.ts';

/** Publishes inside a producer span, of the trace that is open here or of a new one; the record carries it on. */
export function inPublishSpan(
  record: OutgoingRecord,
  publish: (record: OutgoingRecord) => Promise<PublishResult>,
): Promise<PublishResult> {
  return inSpan('publish', { kind: 'producer', attributes: recordAttributes(record) }, async (span) => {
    const traceparent = currentTraceparent();
    const headers = traceparent === undefined ? record.headers : { ...record.headers, traceparent };
    const result = await publish({ ...record, headers });
    span.setAttribute('payguard.outcome', result.kind);
    if (result.kind !== 'acknowledged') span.setStatus({ code: SpanStatusCode.ERROR });
    return result;
  });
}
