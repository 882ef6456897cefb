import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as a collector got it. Times are ns since 1970, as OTLP writes them. */
export type CollectedSpan = {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  /** Undefined for the first span of a trace. */
  parentSpanId: string | undefined;
  startTime: bigint;
  endTime: bigint;
  attributes: Record<string, unknown>;
  /** All of it as it came, as JSON. */
  text: string;
};

export type TraceCollector = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string;
  /** What has come so far. */
  readonly spans: readonly CollectedSpan[];
  readonly requests: number;
  /** What it does with a request from now on: 400 is not tried again by the sender. */
  answer(how: 'take' | 'refuse' | 'hang'): void;
  close(): Promise<void>;
};

/** Spans that are kept; a bench sends more, and looks at none. */
const MAX_SPANS = 10_000;

/** The part of OTLP/HTTP that collectors speak with our exporter: `POST /v1/traces` with a JSON body. */
export async function openTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  let requests = 0;
  let answer: Parameters<TraceCollector['answer']>[0] = 'take';
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
    const body = (await json(request)) as ExportTraceServiceRequest;
    requests += 1;
    if (answer === 'hang') return;
    if (answer === 'refuse') return response.writeHead(400).end();
    spans.push(...flatten(body).slice(0, MAX_SPANS - spans.length));
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    get requests() {
      return requests;
    },
    answer(how) {
      answer = how;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** opentelemetry-proto, collector/trace/v1, in its JSON encoding: ids are hex, 64-bit numbers are text. */
type ExportTraceServiceRequest = {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
};
type OtlpSpan = {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
};
type KeyValue = { key: string; value: Record<string, unknown> };

function flatten({ resourceSpans }: ExportTraceServiceRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toSpan(service, span)));
  });
}

function toSpan(service: string, span: OtlpSpan): CollectedSpan {
  const { name, kind, traceId, spanId, parentSpanId } = span;
  return {
    ...{ service, name, kind, traceId, spanId },
    parentSpanId: parentSpanId || undefined,
    startTime: BigInt(span.startTimeUnixNano),
    endTime: BigInt(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    text: JSON.stringify(span),
  };
}

/** `{ stringValue: 'a' }`, `{ intValue: 1 }` and the like: the one value there is. */
function attributesOf(pairs: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}
