import { setImmediate as turn } from 'node:timers/promises';
import type { Producer, ProducerBatch } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { createMicroBatchPublisher } from '../../src/kafka/micro-batch-publisher.ts';

const FAR_MS = 60_000;

/** A broker as the publisher sees one, which answers when the test says so. */
function openBroker() {
  const sends: {
    keys: (string | null)[];
    topics: string[];
    acks: number | undefined;
    answer: PromiseWithResolvers<[]>;
  }[] = [];
  const producer: Pick<Producer, 'sendBatch'> = {
    sendBatch: (batch: ProducerBatch) => {
      const answer = Promise.withResolvers<[]>();
      const topicMessages = batch.topicMessages ?? [];
      const keys = topicMessages.flatMap(({ messages }) => messages.map((message) => String(message.key)));
      sends.push({ keys, topics: topicMessages.map(({ topic }) => topic), acks: batch.acks, answer });
      return answer.promise;
    },
  };
  return { producer, sends };
}

const record = (key: string, topic = 'payment.confirmed') => ({ topic, key, value: '{}', headers: {} });

function openPublisher(maxQueued = 1_000) {
  const broker = openBroker();
  const clock = { time: 0 };
  const publisher = createMicroBatchPublisher(broker.producer, { maxQueued, now: () => clock.time });
  return { ...broker, publisher, clock };
}

describe('the micro-batch publisher', () => {
  it('sends what comes in one turn as one batch to be acknowledged by all replicas', async () => {
    const { publisher, sends } = openPublisher();
    const results = ['a', 'b', 'c'].map((key) => publisher.publish(record(key), FAR_MS));
    results.push(publisher.publish(record('r', 'payment.refunded'), FAR_MS));
    await turn();
    expect(sends).toMatchObject([
      { keys: ['a', 'b', 'c', 'r'], topics: ['payment.confirmed', 'payment.refunded'], acks: -1 },
    ]);
    sends[0]?.answer.resolve([]);
    expect(await Promise.all(results)).toEqual(Array.from({ length: 4 }, () => ({ kind: 'acknowledged' })));
    await publisher.drain(FAR_MS);
  });

  it('says nothing of a record before the broker does', async () => {
    const { publisher, sends } = openPublisher();
    let settled = false;
    const result = publisher.publish(record('a'), FAR_MS).finally(() => {
      settled = true;
    });
    await turn();
    await turn();
    expect(settled).toBe(false);
    sends[0]?.answer.resolve([]);
    expect(await result).toEqual({ kind: 'acknowledged' });
    await publisher.drain(FAR_MS);
  });

  it('has one batch in flight, of 500 records at most, and keeps the order', async () => {
    const { publisher, sends } = openPublisher();
    const first = publisher.publish(record('first'), FAR_MS);
    await turn();
    const keys = Array.from({ length: 700 }, (_, n) => `k${n}`);
    const rest = keys.map((key) => publisher.publish(record(key), FAR_MS));
    await turn();
    expect(sends).toHaveLength(1);
    expect(publisher.queued).toBe(700);
    sends[0]?.answer.resolve([]);
    await first;
    await vi.waitUntil(() => sends.length === 2);
    sends[1]?.answer.resolve([]);
    await vi.waitUntil(() => sends.length === 3);
    sends[2]?.answer.resolve([]);
    await Promise.all(rest);
    expect(sends.map((send) => send.keys.length)).toEqual([1, 500, 200]);
    expect(sends.slice(1).flatMap((send) => send.keys)).toEqual(keys);
    await publisher.drain(FAR_MS);
  });

  it('refuses at once what would pass its bound', async () => {
    const { publisher, sends } = openPublisher(2);
    void publisher.publish(record('sent'), FAR_MS);
    await turn();
    void publisher.publish(record('1'), FAR_MS);
    void publisher.publish(record('2'), FAR_MS);
    expect(await publisher.publish(record('3'), FAR_MS)).toEqual({ kind: 'overloaded' });
    expect(publisher.queued).toBe(2);
    for (const send of sends) send.answer.resolve([]);
    await vi.waitUntil(() => sends.length === 2);
    sends[1]?.answer.resolve([]);
    await publisher.drain(FAR_MS);
    expect(sends.flatMap((send) => send.keys)).toEqual(['sent', '1', '2']);
  });

  it('gives up at the deadline, in flight or queued, and never sends what nobody waits for', async () => {
    const { publisher, sends, clock } = openPublisher();
    const inFlight = publisher.publish(record('in-flight'), 1_000);
    await turn();
    const queued = publisher.publish(record('queued'), 1_000);
    const patient = publisher.publish(record('patient'), FAR_MS);
    clock.time = 1_000;
    expect(await inFlight).toEqual({ kind: 'timed_out' });
    expect(await queued).toEqual({ kind: 'timed_out' });
    sends[0]?.answer.resolve([]);
    await vi.waitUntil(() => sends.length === 2);
    sends[1]?.answer.resolve([]);
    expect(await patient).toEqual({ kind: 'acknowledged' });
    expect(sends.flatMap((send) => send.keys)).toEqual(['in-flight', 'patient']);
    await publisher.drain(FAR_MS);
  });

  it('gives the places of those who gave up to those who come', async () => {
    const { publisher, sends, clock } = openPublisher(2);
    void publisher.publish(record('in-flight'), FAR_MS);
    await turn();
    const expired = publisher.publish(record('expired'), 1_000);
    void publisher.publish(record('patient'), FAR_MS);
    clock.time = 1_000;
    expect(await expired).toEqual({ kind: 'timed_out' });
    void publisher.publish(record('new'), FAR_MS);
    expect(publisher.queued).toBe(2);
    sends[0]?.answer.resolve([]);
    await vi.waitUntil(() => sends.length === 2);
    expect(sends[1]?.keys).toEqual(['patient', 'new']);
    sends[1]?.answer.resolve([]);
    await publisher.drain(FAR_MS);
  });

  it('answers a batch that the broker refuses with its error, and goes on', async () => {
    const { publisher, sends } = openPublisher();
    const refused = publisher.publish(record('a'), FAR_MS);
    await turn();
    sends[0]?.answer.reject(new Error('MESSAGE_TOO_LARGE'));
    expect(await refused).toMatchObject({ kind: 'failed', error: { message: 'MESSAGE_TOO_LARGE' } });
    const next = publisher.publish(record('b'), FAR_MS);
    await vi.waitUntil(() => sends.length === 2);
    sends[1]?.answer.resolve([]);
    expect(await next).toEqual({ kind: 'acknowledged' });
    await publisher.drain(FAR_MS);
  });

  it('is stalled while a send goes unanswered for over 2 s, and only then', async () => {
    const { publisher, sends, clock } = openPublisher();
    expect(publisher.stalled(1_000_000)).toBe(false);
    const result = publisher.publish(record('a'), FAR_MS);
    await turn();
    clock.time = 2_000;
    expect(publisher.stalled(clock.time)).toBe(false);
    expect(publisher.stalled(2_001)).toBe(true);
    sends[0]?.answer.resolve([]);
    await result;
    await vi.waitUntil(() => !publisher.stalled(1_000_000));
    await publisher.drain(FAR_MS);
  });

  it('drains: refuses the new, waits for the accepted', async () => {
    const { publisher, sends } = openPublisher();
    const inFlight = publisher.publish(record('a'), FAR_MS);
    await turn();
    const queued = publisher.publish(record('b'), FAR_MS);
    let drained = false;
    const drain = publisher.drain(FAR_MS).then(() => {
      drained = true;
    });
    expect(await publisher.publish(record('late'), FAR_MS)).toEqual({ kind: 'overloaded' });
    sends[0]?.answer.resolve([]);
    expect(await inFlight).toEqual({ kind: 'acknowledged' });
    await vi.waitUntil(() => sends.length === 2);
    expect(drained).toBe(false);
    sends[1]?.answer.resolve([]);
    expect(await queued).toEqual({ kind: 'acknowledged' });
    await drain;
  });

  it('drains within its time when the broker never answers', async () => {
    const { publisher } = openPublisher();
    void publisher.publish(record('a'), FAR_MS);
    await turn();
    const startedAt = performance.now();
    await publisher.drain(50);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
