import { context, diag, trace } from '@opentelemetry/api';
import { openTraceCollector, type TraceCollector } from '@payguard/local/load/trace-collector';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { startTracing, type Tracing } from '@payguard/shared/telemetry/start-tracing';
import { currentTraceparent, inSharedSpans, inSpan } from '@payguard/shared/telemetry/tracing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SAMPLED = `00-${TRACE}-00f067aa0ba902b7-01`;
const NOT_SAMPLED = `00-${TRACE}-00f067aa0ba902b7-00`;
const SAMPLER = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: 1 } as const;
/** The SDK sends when it has so many. */
const SPANS_A_REQUEST = 512;

let collector: TraceCollector;
let tracing: Tracing;
const warnings: string[] = [];
const log = createLogger('tests', 'warn', { write: (line) => warnings.push(line) });

beforeAll(async () => {
  collector = await openTraceCollector();
  await startTracing('tests', SAMPLER, log);
  // Without an endpoint nothing is recorded: this comes first, since a process has one SDK.
  expect(await inSpan('early', {}, async () => currentTraceparent())).toBeUndefined();
  tracing = await startTracing('tests', { ...SAMPLER, OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/` }, log);
});

afterAll(async () => {
  await collector.close();
  // The next test file in this process is not to be traced.
  trace.disable();
  context.disable();
  diag.disable();
});

/** What the collector has of these names, once the last of them is there. */
async function collected(...names: string[]) {
  for (let n = 0; n < SPANS_A_REQUEST; n += 1) await inSpan('filler', {}, async () => undefined);
  const last = names.at(-1);
  await vi.waitUntil(() => collector.spans.some((span) => span.name === last), { timeout: 10_000 });
  return collector.spans.filter((span) => names.includes(span.name));
}

describe('a span', () => {
  it('is the child of the one that is open around it, and the first of a trace otherwise', async () => {
    await inSpan('outer', {}, () => inSpan('inner', { kind: 'client' }, async () => undefined));
    const [inner, outer] = await collected('inner', 'outer');
    expect(outer).toMatchObject({ service: 'payguard-tests', parentSpanId: undefined });
    expect(inner).toMatchObject({ traceId: outer?.traceId, parentSpanId: outer?.spanId, kind: 3 });
  });

  it('follows the decision of the trace that it goes on from', async () => {
    const inside = () => inSpan('unwanted', {}, async () => currentTraceparent());
    expect(await inSpan('unwanted', { parent: NOT_SAMPLED }, inside)).toBeUndefined();
    await inSpan('wanted', { parent: SAMPLED }, async () => undefined);
    expect(await collected('unwanted', 'wanted')).toMatchObject([
      { name: 'wanted', traceId: TRACE, parentSpanId: '00f067aa0ba902b7' },
    ]);
  });

  it.each(['', 'junk', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`])(
    'begins a trace where its parent is %j',
    async (parent) => {
      const carried = await inSpan('new', { parent }, async () => currentTraceparent());
      expect(carried).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    },
  );

  it('tells of an error only what kind it is, since its text may quote what is nobody’s business', async () => {
    const work = inSpan('broken', {}, () => Promise.reject(new RangeError('marked-secret')));
    await expect(work).rejects.toThrow('marked-secret');
    const [broken] = await collected('broken');
    expect(broken?.attributes).toEqual({ 'error.type': 'RangeError' });
    expect(broken?.text).not.toContain('marked-secret');
  });
});

describe('work for many traces at once', () => {
  it('has a span in each that is sampled, asks nothing of the others, and hands all of them on', async () => {
    const asked: number[] = [];
    const parents = [undefined, NOT_SAMPLED, SAMPLED, 'junk'];
    const attributesOf = (index: number) => {
      asked.push(index);
      return { index };
    };
    const traceparents = await inSharedSpans('shared', { parents, attributesOf }, async (spans) => {
      spans.setAttributes(attributesOf);
      return spans.traceparents;
    });
    expect(asked).toEqual([2, 2]);
    const [shared, ...others] = await collected('shared');
    expect(others).toEqual([]);
    expect(shared).toMatchObject({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7' });
    expect(traceparents).toEqual([undefined, NOT_SAMPLED, `00-${TRACE}-${shared?.spanId}-01`, 'junk']);
  });
});

describe('a collector', () => {
  it('that refuses is warned of once a minute, not with each request', async () => {
    const before = collector.requests;
    collector.answer('refuse');
    for (let n = 0; n < 3 * SPANS_A_REQUEST; n += 1) await inSpan('refused', {}, async () => undefined);
    await vi.waitUntil(() => collector.requests >= before + 2 && warnings.length > 0, { timeout: 10_000 });
    expect(warnings).toEqual([expect.stringContaining('traces do not reach the collector')]);
  });

  it('that hangs holds up the stop for 3 s at most', async () => {
    collector.answer('hang');
    await inSpan('last', {}, async () => undefined);
    const startedAt = performance.now();
    await tracing.stop();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
