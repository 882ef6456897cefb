import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handleRound } from '../src/handle-round.ts';
import { joinParkedEvents } from '../src/join-parked-events.ts';
import { createPointsMetrics } from '../src/metrics.ts';
import type { OrderEvent } from '../src/order-event.ts';
import { confirmed } from './order-fixtures.ts';
import { addOrders, addUsers, expectInvariantsHold, openPointsDatabase } from './points-database.ts';

let points: Awaited<ReturnType<typeof openPointsDatabase>>;

beforeAll(async () => {
  points = await openPointsDatabase();
  await addUsers(points.pool, [1]);
});

afterAll(() => points.drop());

function record(event: OrderEvent & { kind: 'confirmed' }, offset: number): ConsumedRecord {
  const { key, value, headers } = toKafkaRecord({
    type: 'payment.confirmed',
    id: `test:${offset}`,
    source: '/test',
    time: 0,
    key: event.data.out_trade_no,
    data: event.data,
  });
  return rawRecord(offset, Buffer.from(value), headers, key);
}

function rawRecord(
  offset: number,
  value: Buffer,
  headers: Record<string, string>,
  key: string | null = null,
): ConsumedRecord {
  return {
    topic: 'payment.confirmed',
    partition: 3,
    message: {
      key: key === null ? null : Buffer.from(key),
      value,
      offset: String(offset),
      timestamp: '0',
      attributes: 0,
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    },
  };
}

function confirmedOrder(outTradeNo: string): OrderEvent & { kind: 'confirmed' } {
  const event = confirmed({ outTradeNo, amountTotal: 100 });
  if (event.kind !== 'confirmed') throw new Error('a confirmed event');
  return event;
}

describe('a poisoned event among good ones', () => {
  it('goes alone to the dead letters, with its bytes and where it came from; the others are credited', async () => {
    const orders = Array.from({ length: 40 }, (_, n) => ({
      outTradeNo: `POISON_${String(n).padStart(4, '0')}`,
      userId: n === 17 ? 999 : 1,
      amountTotal: 100,
      points: 5,
    }));
    await addOrders(points.pool, orders);
    const records = orders.map((order, n) => record(confirmedOrder(order.outTradeNo), n));
    await (await handleRound(records, points.deps))();
    const dead = points.published.filter((each) => each.topic === 'payment.confirmed.dlq');
    expect(dead).toHaveLength(1);
    expect(dead[0]?.value).toEqual(records[17]?.message.value);
    expect(dead[0]?.headers).toMatchObject({
      dlq_topic: 'payment.confirmed',
      dlq_partition: '3',
      dlq_offset: '17',
      dlq_consumer: 'points',
    });
    expect(String(dead[0]?.headers?.dlq_reason)).toContain('user 999');
    const counted: { credited: number }[] = await points.pool.query(
      'SELECT COUNT(*) AS credited FROM payment_orders WHERE credited_at IS NOT NULL',
    );
    expect(counted[0]?.credited).toBe(39);
    await expectInvariantsHold(points.pool);
  });

  it('that no schema accepts never reaches the database', async () => {
    points.published.length = 0;
    const headers = { ce_type: 'payment.confirmed.v1', ce_id: 'x' };
    const broken = [
      rawRecord(1, Buffer.from('{not json'), headers),
      rawRecord(2, Buffer.from(JSON.stringify({ ...confirmedOrder('FLOAT_0001').data, amount_total: 1.5 })), headers),
      rawRecord(3, Buffer.from('{}'), { ce_id: 'x' }),
    ];
    await (await handleRound(broken, points.deps))();
    expect(points.published.map((each) => String(each.headers?.dlq_reason).split(':')[0])).toEqual([
      'the value is not JSON',
      'amount_total',
      'header ce_type is missing',
    ]);
  });

  it('with a transaction that belongs to another order is refused by the database itself', async () => {
    points.published.length = 0;
    const orders = ['TWICE_00001', 'TWICE_00002'].map((outTradeNo) => ({
      outTradeNo,
      userId: 1,
      amountTotal: 100,
      points: 5,
    }));
    await addOrders(points.pool, orders);
    const [first, second] = orders.map((order) => confirmedOrder(order.outTradeNo));
    if (first === undefined || second === undefined) throw new Error('two events');
    const stolen = { ...second, data: { ...second.data, transaction_id: first.data.transaction_id } };
    await (await handleRound([record(first, 1), record(stolen, 2)], points.deps))();
    expect(points.published.map((each) => each.topic).sort()).toEqual(['payment.confirmed.dlq', 'points.credited']);
    await expectInvariantsHold(points.pool);
  });
});

describe('a database that goes away', () => {
  it('is waited for, and the round is applied once it is back', async () => {
    const order = { outTradeNo: 'WAITING_00001', userId: 1, amountTotal: 100, points: 5 };
    await addOrders(points.pool, [order]);
    let refusals = 2;
    const pool = new Proxy(points.pool, {
      get(target, name) {
        if (name === 'getConnection' && refusals-- > 0) {
          return () =>
            Promise.reject(Object.assign(new Error('connection refused'), { errno: 45028, sqlState: '08S01' }));
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    points.published.length = 0;
    await (await handleRound([record(confirmedOrder(order.outTradeNo), 50)], { ...points.deps, pool }))();
    expect(points.published.map((each) => each.topic)).toEqual(['points.credited']);
  });
});

describe('a payment that comes before its order', () => {
  it('is observed once when it is credited, and not when it is delivered again', async () => {
    const registry = new Registry();
    const deps = { ...points.deps, metrics: createPointsMetrics(registry) };
    const observed = async () => {
      const text = await registry.getSingleMetricAsString('payguard_recovery_seconds');
      return /_count\{witness="callback"\} (\d+)/.exec(text)?.[1];
    };
    const order = { outTradeNo: 'EARLY_0000001', userId: 1, amountTotal: 100, points: 5 };
    const early = record(confirmedOrder(order.outTradeNo), 60);
    await (await handleRound([early], deps))();
    expect(await observed()).toBe('0');
    await addOrders(points.pool, [order]);
    await joinParkedEvents(deps);
    expect(await observed()).toBe('1');
    points.published.length = 0;
    await (await handleRound([early], deps))();
    expect(points.published.map((each) => each.topic)).toEqual(['points.credited']);
    expect(await observed()).toBe('1');
  });
});
