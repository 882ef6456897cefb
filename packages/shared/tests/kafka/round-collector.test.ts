import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createRoundCollector, type Delivery } from '../../src/kafka/round-collector.ts';

const never = new AbortController().signal;

/** A handler whose rounds end when the test says so, and a note of everything in its order. */
function openCollector({ maxRecords = 10, slowFinish = false } = {}) {
  const events: string[] = [];
  const rounds: { records: string[]; end: PromiseWithResolvers<void>; finish: PromiseWithResolvers<void> }[] = [];
  const collector = createRoundCollector<string>({
    maxRecords,
    handle: async (records) => {
      const end = Promise.withResolvers<void>();
      const finish = Promise.withResolvers<void>();
      if (!slowFinish) finish.resolve();
      rounds.push({ records, end, finish });
      events.push(`handle ${records.join()}`);
      await end.promise;
      return () => finish.promise;
    },
  });
  const delivery = (name: string, records: string[]): Delivery<string> => ({
    records,
    handled: () => events.push(`handled ${name}`),
    commit: async () => void events.push(`commit ${name}`),
  });
  return { collector, rounds, events, delivery };
}

describe('the round collector', () => {
  it('merges what the partitions of one fetch bring, and commits once, after the handling', async () => {
    const { collector, rounds, events, delivery } = openCollector();
    const added = [collector.add(delivery('p0', ['a', 'b']), never), collector.add(delivery('p1', ['c']), never)];
    await turn();
    expect(events).toEqual(['handle a,b,c']);
    rounds[0]?.end.resolve();
    await Promise.all(added);
    expect(events).toEqual(['handle a,b,c', 'handled p0', 'handled p1', 'commit p0']);
  });

  it('handles one round at a time and gathers the next meanwhile', async () => {
    const { collector, rounds, delivery } = openCollector();
    const first = collector.add(delivery('p0', ['a']), never);
    await turn();
    const second = [collector.add(delivery('p1', ['b']), never), collector.add(delivery('p2', ['c']), never)];
    await turn();
    expect(rounds).toHaveLength(1);
    rounds[0]?.end.resolve();
    await first;
    await vi.waitUntil(() => rounds.length === 2);
    expect(rounds[1]?.records).toEqual(['b', 'c']);
    rounds[1]?.end.resolve();
    await Promise.all(second);
  });

  it('keeps a round within its bound, and takes a larger delivery alone', async () => {
    const { collector, rounds, delivery } = openCollector({ maxRecords: 3 });
    const added = [
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f', 'g', 'h'],
    ].map((records, n) => collector.add(delivery(`p${n}`, records), never));
    for (const count of [1, 2, 3]) {
      await vi.waitUntil(() => rounds.length === count);
      rounds[count - 1]?.end.resolve();
    }
    await Promise.all(added);
    expect(rounds.map((round) => round.records.length)).toEqual([2, 2, 4]);
  });

  it('marks and commits nothing of a round that failed, and goes on with the next', async () => {
    const { collector, rounds, events, delivery } = openCollector();
    const failed = [collector.add(delivery('p0', ['a']), never), collector.add(delivery('p1', ['b']), never)];
    await turn();
    rounds[0]?.end.reject(new Error('database gone'));
    for (const each of failed) await expect(each).rejects.toThrow('database gone');
    expect(events).toEqual(['handle a,b']);
    const next = collector.add(delivery('p0', ['a']), never);
    await vi.waitUntil(() => rounds.length === 2);
    rounds[1]?.end.resolve();
    await next;
    expect(events.slice(1)).toEqual(['handle a', 'handled p0', 'commit p0']);
  });

  it('fails the deliveries whose commit failed: they come again', async () => {
    const { collector, rounds, delivery } = openCollector();
    const broken = { ...delivery('p0', ['a']), commit: () => Promise.reject(new Error('rebalance')) };
    const added = [collector.add(broken, never), collector.add(delivery('p1', ['b']), never)];
    await turn();
    rounds[0]?.end.resolve();
    for (const each of added) await expect(each).rejects.toThrow('rebalance');
  });

  it('does not wait for a round whose membership is lost, and commits nothing for it', async () => {
    const { collector, rounds, events, delivery } = openCollector();
    const lost = new AbortController();
    const [gone, stays] = [
      collector.add(delivery('p0', ['a']), lost.signal),
      collector.add(delivery('p1', ['b']), never),
    ];
    await turn();
    lost.abort(new Error('not a member'));
    await expect(gone).rejects.toThrow('not a member');
    rounds[0]?.end.resolve();
    await stays;
    expect(events).toEqual(['handle a,b', 'handled p1', 'commit p1']);
  });

  it('never handles what was given up before its round began', async () => {
    const { collector, rounds, delivery } = openCollector();
    const first = collector.add(delivery('p0', ['a']), never);
    await turn();
    const lost = new AbortController();
    const gone = collector.add(delivery('p1', ['b']), lost.signal);
    lost.abort(new Error('not a member'));
    await expect(gone).rejects.toThrow();
    rounds[0]?.end.resolve();
    await first;
    await turn();
    expect(rounds).toHaveLength(1);
  });

  it('handles the next round while the last one is being finished, and finishes them in order', async () => {
    const { collector, rounds, events, delivery } = openCollector({ slowFinish: true });
    const first = collector.add(delivery('p0', ['a']), never);
    await turn();
    const second = collector.add(delivery('p1', ['b']), never);
    rounds[0]?.end.resolve();
    await vi.waitUntil(() => rounds.length === 2);
    expect(events).toEqual(['handle a', 'handle b']);
    rounds[1]?.end.resolve();
    rounds[1]?.finish.resolve();
    await turn();
    expect(events).toEqual(['handle a', 'handle b']);
    rounds[0]?.finish.resolve();
    await Promise.all([first, second]);
    expect(events.slice(2)).toEqual(['handled p0', 'commit p0', 'handled p1', 'commit p1']);
  });

  it('keeps that order when the next round comes only while the last one is being finished', async () => {
    const { collector, rounds, events, delivery } = openCollector({ slowFinish: true });
    const first = collector.add(delivery('p0', ['a']), never);
    await turn();
    rounds[0]?.end.resolve();
    await turn();
    const second = collector.add(delivery('p1', ['b']), never);
    await vi.waitUntil(() => rounds.length === 2);
    rounds[1]?.end.resolve();
    rounds[1]?.finish.resolve();
    await turn();
    expect(events).toEqual(['handle a', 'handle b']);
    rounds[0]?.finish.resolve();
    await Promise.all([first, second]);
    expect(events.slice(2)).toEqual(['handled p0', 'commit p0', 'handled p1', 'commit p1']);
  });

  it('marks and commits nothing of a round that could not be finished', async () => {
    const { collector, rounds, events, delivery } = openCollector({ slowFinish: true });
    const added = collector.add(delivery('p0', ['a']), never);
    await turn();
    rounds[0]?.end.resolve();
    rounds[0]?.finish.reject(new Error('Kafka gone'));
    await expect(added).rejects.toThrow('Kafka gone');
    expect(events).toEqual(['handle a']);
  });
});
