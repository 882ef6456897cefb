import type { Attributes, Context, Span } from '@opentelemetry/api';
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';

/**
 * Spans by hand: automatic instrumentation needs loader hooks and breaks in bundles. Without a running SDK all of this
 * does nothing. Context goes through Kafka headers and database columns as W3C `traceparent` text.
 */
const TRACER = 'payguard';

/** 00-<trace id>-<span id>-<flags> (W3C Trace Context, section 3.2). */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export type SpanOptions = {
  /** The span that this one goes on from; unset: the one that is open here, if any. Unreadable text counts as none. */
  parent?: string | undefined;
  /** For work on many traces at once: the spans it also belongs to. */
  links?: readonly (string | undefined)[];
  attributes?: Attributes;
  kind?: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
};

const KINDS = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;

/** Runs the work inside a span, which ends with it; an error is recorded on it and thrown on. */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const links = (options.links ?? []).flatMap((text) => readTraceparent(text) ?? []).map((context) => ({ context }));
  const { attributes = {}, kind = 'internal' } = options;
  const parent = options.parent === undefined ? context.active() : contextOf(options.parent);
  const span = trace.getTracer(TRACER).startSpan(name, { attributes, links, kind: KINDS[kind] }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (err) {
    if (err instanceof Error) span.recordException(err);
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw err;
  } finally {
    span.end();
  }
}

/** The open span as `traceparent`, to be carried to whoever goes on with the work; undefined when nothing is traced. */
export function currentTraceparent(): string | undefined {
  const spanContext = trace.getSpanContext(context.active());
  if (spanContext === undefined || !trace.isSpanContextValid(spanContext)) return undefined;
  const { traceId, spanId, traceFlags } = spanContext;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function contextOf(traceparent: string): Context {
  const spanContext = readTraceparent(traceparent);
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

function readTraceparent(text: string | undefined) {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
