import type { Attributes, Context, Span, SpanContext } from '@opentelemetry/api';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { TRACEPARENT } from '../events/traceparent.ts';

/**
 * Spans by hand: automatic instrumentation needs loader hooks and breaks in bundles. Without a running SDK all of this
 * does nothing. Context goes through Kafka headers and database columns as W3C `traceparent` text, for the traces
 * alone that are sampled: ninety-nine others would cost each of their records a header on the way and a look at it at the
 * end. So whoever takes over work without a `traceparent` begins no trace.
 */
const TRACER = 'payguard';

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

export type SpanOptions = {
  /** The span that this one goes on from; unset: the one that is open here, if any. Unreadable text counts as none. */
  parent?: string | undefined;
  /** For work on many traces at once: the spans it also belongs to. */
  links?: readonly (string | undefined)[];
  attributes?: Attributes;
  kind?: keyof typeof KINDS;
  /** performance.now() when the work began, where that was before the call. */
  startedAt?: number;
};

/** Runs the work inside a span, which ends with it; an error is recorded on it and thrown on. */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = options.parent === undefined ? context.active() : contextOf(options.parent);
  const open = options.parent === undefined ? trace.getSpan(parent) : undefined;
  // Nearly every trace is not sampled: nothing is recorded inside such a span, so it stands for all that are inside it.
  if (open?.isRecording() === false) return work(open);
  const span = startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (err) {
    recordError(span, err);
    throw err;
  } finally {
    span.end();
  }
}

export type SharedSpanOptions = Pick<SpanOptions, 'kind'> & {
  parents: readonly (string | undefined)[];
  /** Asked only for the parents that are sampled. */
  attributesOf?: (index: number) => Attributes;
};

/** One span in each sampled trace, for work that is done for all of them at once. */
export type SharedSpans = {
  /** What whoever goes on from here is told: for each parent its span here, or the text as it was given. */
  readonly traceparents: readonly (string | undefined)[];
  /** Asks for the attributes of each of these spans; costs nothing where no trace is sampled. */
  setAttributes(attributesOf: (index: number) => Attributes): void;
  /** Ends the spans; with an error, it is recorded on them. */
  end(err?: unknown): void;
};

/** For work whose end is elsewhere; whoever calls it must call `end`. Otherwise `inSharedSpans`. */
export function startSharedSpans(name: string, options: SharedSpanOptions): SharedSpans {
  const { kind, parents, attributesOf = () => ({}) } = options;
  const traceparents = [...parents];
  const spans: { index: number; span: Span }[] = [];
  for (const [index, parent] of parents.entries()) {
    if (!isSampled(parent)) continue;
    const span = startSpan(name, { ...(kind && { kind }), attributes: attributesOf(index) }, contextOf(parent));
    if (!span.isRecording()) continue;
    traceparents[index] = toTraceparent(span.spanContext());
    spans.push({ index, span });
  }
  return {
    traceparents,
    setAttributes(attributesOf) {
      for (const { index, span } of spans) span.setAttributes(attributesOf(index));
    },
    end(err) {
      for (const { span } of spans) {
        if (err !== undefined) recordError(span, err);
        span.end();
      }
    },
  };
}

/** Runs work for many traces at once inside a span in each of them that is sampled; all have the times of the work. */
export async function inSharedSpans<T>(
  name: string,
  options: SharedSpanOptions,
  work: (spans: Omit<SharedSpans, 'end'>) => Promise<T>,
): Promise<T> {
  const spans = startSharedSpans(name, options);
  try {
    const result = await work(spans);
    spans.end();
    return result;
  } catch (err) {
    spans.end(err);
    throw err;
  }
}

/** The open span as `traceparent`, to be carried to whoever goes on with the work; undefined when this is not traced. */
export function currentTraceparent(): string | undefined {
  const span = trace.getSpan(context.active());
  return span?.isRecording() ? toTraceparent(span.spanContext()) : undefined;
}

function startSpan(name: string, options: SpanOptions, parent: Context): Span {
  const { attributes = {}, kind = 'internal', startedAt } = options;
  const links = (options.links ?? []).flatMap((text) => readSpanContext(text) ?? []).map((context) => ({ context }));
  const start = { attributes, links, kind: KINDS[kind], ...(startedAt === undefined ? {} : { startTime: startedAt }) };
  return trace.getTracer(TRACER).startSpan(name, start, parent);
}

/** What kind of error, not what it says: a driver's message may quote a row, and an address may hold a secret. */
function recordError(span: Span, err: unknown): void {
  const type = err instanceof Error ? err.name : typeof err;
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}

function isSampled(traceparent: string | undefined): boolean {
  // 00 at the end says no; the whole of it need not be read then.
  if (traceparent === undefined || traceparent.endsWith('00')) return false;
  return ((readSpanContext(traceparent)?.traceFlags ?? 0) & TraceFlags.SAMPLED) !== 0;
}

function contextOf(traceparent: string | undefined): Context {
  const spanContext = readSpanContext(traceparent);
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

function readSpanContext(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = text === undefined ? [] : (TRACEPARENT.exec(text) ?? []);
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
