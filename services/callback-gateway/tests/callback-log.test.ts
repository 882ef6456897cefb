import { createCallbackLog, type LoggedCallback } from '@payguard/callback-gateway/callback-log';
import { createGatewayMetrics } from '@payguard/callback-gateway/metrics';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { Producer } from 'kafkajs';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { logEntries } from './log-entries.ts';
import { newOrderNumber } from './signed-callback.ts';
import { createTopics, sharedBrokers } from './test-brokers.ts';
import { readTopics, type TopicReader } from './topic-reader.ts';

const MINUTE_MS = 60_000;
/** More than the log's pages hold. */
const CALLBACKS = 4_000;
const WRITTEN_TIMEOUT_MS = 10_000;

let producer: Producer;
let topics: TopicReader;

beforeAll(async () => {
  await createTopics(sharedBrokers());
  const settings = { KAFKA_BROKERS: sharedBrokers(), KAFKA_SSL: false };
  producer = createProducer(createKafka('tests', settings, createLogger('tests', 'silent')));
  await producer.connect();
  topics = await readTopics(sharedBrokers(), ['payment.callback-log'], 'now');
});
afterAll(async () => {
  await topics?.close();
  await producer?.disconnect();
});

/** A log of its own with a clock of its own; `dropped` reads the counter that operators see. */
function openLog(sender: Pick<Producer, 'send'> = producer) {
  const registry = new Registry();
  const clock = { time: Date.UTC(2025, 6, 12), now: () => clock.time };
  const log = createCallbackLog(sender, createGatewayMetrics(registry, { queued: 0 }), clock);
  const dropped = async () => {
    const metric = await registry.getSingleMetric('payguard_callback_log_dropped_total')?.get();
    return metric?.values[0]?.value ?? 0;
  };
  return { log, clock, dropped };
}

function entryOf(mark: string, changes: Partial<LoggedCallback> = {}): LoggedCallback {
  return {
    receivedAt: Date.UTC(2025, 6, 12),
    ip: '127.0.0.1',
    headers: { 'request-id': mark },
    body: Buffer.from('{}'),
    status: 204,
    outcome: 'published',
    outTradeNo: mark,
    durationMs: 1.25,
    ...changes,
  };
}

async function written(mark: string, count: number) {
  const isThere = async () => {
    const entries = logEntries(await topics.recordsWith(mark));
    return entries.length >= count && entries;
  };
  return vi.waitUntil(isThere, { timeout: WRITTEN_TIMEOUT_MS, interval: 50 });
}

const refused = { status: 401, outcome: 'bad_signature' } as const;

describe('the callback log', () => {
  it('keeps a burst of 2,000 callbacks, whole', async () => {
    const mark = newOrderNumber();
    const { log, dropped } = openLog();
    const body = Buffer.from(JSON.stringify({ filler: 'x'.repeat(2_500) }));
    for (let n = 0; n < 2_000; n += 1) log.add(entryOf(mark, { body }));
    const entries = await written(mark, 2_000);
    expect(entries).toHaveLength(2_000);
    expect(entries.every((entry) => entry.body === body.toString('utf8'))).toBe(true);
    expect(await dropped()).toBe(0);
    await log.close();
  });

  it('drops and counts what does not fit in memory while the broker is slow, and never waits for it', async () => {
    const mark = newOrderNumber();
    const { promise: brokerBack, resolve: comeBack } = Promise.withResolvers<void>();
    const { log, dropped } = openLog({ send: (record) => brokerBack.then(() => producer.send(record)) });
    const body = Buffer.from(JSON.stringify({ filler: 'x'.repeat(2_500) }));
    for (let n = 0; n < CALLBACKS; n += 1) log.add(entryOf(mark, { body }));
    const lost = await dropped();
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(CALLBACKS);
    comeBack();
    expect(await written(mark, CALLBACKS - lost)).toHaveLength(CALLBACKS - lost);
    await log.close();
  });

  it('keeps 300 refused callbacks a minute, and all accepted ones', async () => {
    const mark = newOrderNumber();
    const { log, clock, dropped } = openLog();
    for (let n = 0; n < 400; n += 1) log.add(entryOf(mark, refused));
    for (let n = 0; n < 10; n += 1) log.add(entryOf(mark));
    expect(await dropped()).toBe(100);
    clock.time += MINUTE_MS;
    log.add(entryOf(mark, refused));
    expect(await dropped()).toBe(100);
    const entries = await written(mark, 311);
    expect(entries.filter((entry) => entry.status === 204)).toHaveLength(10);
    await log.close();
  });

  it('loses no true callback to refused ones made to grow past the broker’s limit', async () => {
    const mark = newOrderNumber();
    const { log, dropped } = openLog();
    const long = 'é'.repeat(15_000);
    const headers = { 'request-id': mark, 'user-agent': long, 'content-type': long };
    // Control characters grow sixfold when written as JSON.
    const body = Buffer.alloc(4_000, 1);
    for (let n = 0; n < 300; n += 1) log.add(entryOf(mark, { ...refused, headers, body }));
    log.add(entryOf(mark));
    const kept = 301 - (await dropped());
    const entries = await written(mark, kept);
    expect(entries).toHaveLength(kept);
    expect(entries.filter((entry) => entry.status === 204)).toHaveLength(1);
    await log.close();
  });

  it('gives back bytes that are no UTF-8 exactly', async () => {
    const mark = newOrderNumber();
    const { log } = openLog();
    const body = Buffer.from([0xff, 0x00, 0xc3]);
    log.add(entryOf(mark, { ...refused, body }));
    const [entry] = await written(mark, 1);
    expect(entry?.body_encoding).toBe('base64');
    expect(Buffer.from(entry?.body ?? '', 'base64')).toEqual(body);
    await log.close();
  });

  it('drops and counts when its topic is broken, and closes in time', async () => {
    const settings = { KAFKA_BROKERS: sharedBrokers(), KAFKA_SSL: false };
    const unconnected = createProducer(createKafka('tests', settings, createLogger('tests', 'silent')));
    const { log, dropped } = openLog(unconnected);
    log.add(entryOf(newOrderNumber()));
    log.add(entryOf(newOrderNumber()));
    await log.close();
    expect(await dropped()).toBe(2);
  });

  it('sends on close what it still holds, and what came while a send was under way', async () => {
    const mark = newOrderNumber();
    const begun = Promise.withResolvers<void>();
    const { promise: brokerBack, resolve: comeBack } = Promise.withResolvers<void>();
    const { log } = openLog({
      send: (record) => {
        begun.resolve();
        return brokerBack.then(() => producer.send(record));
      },
    });
    log.add(entryOf(mark));
    await begun.promise;
    log.add(entryOf(mark));
    const closed = log.close();
    comeBack();
    await closed;
    expect(logEntries(await topics.recordsWith(mark))).toHaveLength(2);
  });
});
