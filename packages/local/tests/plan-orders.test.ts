import { describe, expect, test } from 'vitest';
import { displayWidth, formatRows } from '../src/demo/format-rows.ts';
import { percentile } from '../src/demo/percentile.ts';
import { countUsers, INCIDENT, planOrders } from '../src/demo/plan-orders.ts';

const SIZES = { orders: 1_000, lost: 10, doubled: 20, tampered: 5, probed: 5 };
const OPTIONS = { sizes: SIZES, seed: 'seed', run: 'RUN1', withIncident: true };

describe('the plan of a demo', () => {
  test('holds exactly the shares that were asked for, one fate an order', () => {
    const plan = planOrders(OPTIONS);
    const counts = Map.groupBy(plan, ({ fate }) => fate);
    const sizes = [...counts].map(([fate, orders]) => [fate, orders.length]);
    expect(Object.fromEntries(sizes)).toEqual({ plain: 600, lost: 100, doubled: 200, tampered: 50, probed: 50 });
    const atOnce = plan.filter(({ faults }) => faults.some(({ kind }) => kind === 'doubled_at_once'));
    expect(atOnce).toHaveLength(100);
    const parts = plan.flatMap(({ faults }) => faults.map((fault) => (fault.kind === 'tampered' ? fault.part : '')));
    for (const part of ['body', 'signature', 'tag'])
      expect(parts.filter((each) => each === part).length).toBeGreaterThan(15);
  });

  test('has no more orders with faults than orders, however the shares round', () => {
    const sizes = { orders: 3, lost: 25, doubled: 25, tampered: 25, probed: 25 };
    expect(planOrders({ ...OPTIONS, sizes })).toHaveLength(3);
  });

  test('always has the incident’s order, lost whenever any is', () => {
    const find = (lost: number) =>
      planOrders({ ...OPTIONS, sizes: { ...SIZES, lost } }).filter(
        ({ outTradeNo }) => outTradeNo === INCIDENT.outTradeNo,
      );
    expect(find(10)).toMatchObject([{ ...INCIDENT, fate: 'lost' }]);
    expect(find(0.1)).toMatchObject([{ ...INCIDENT, fate: 'lost' }]);
    expect(find(0)).toMatchObject([{ ...INCIDENT, fate: 'plain' }]);
    const without = planOrders({ ...OPTIONS, withIncident: false });
    expect(without.map(({ outTradeNo }) => outTradeNo)).not.toContain(INCIDENT.outTradeNo);
    expect(without).toHaveLength(1_000);
  });

  test('depends on the seed alone, and its numbers are WeChat Pay’s kind and of this run only', () => {
    const plan = planOrders(OPTIONS);
    expect(planOrders(OPTIONS)).toEqual(plan);
    const withoutNumbers = (run: string, seed: string) =>
      planOrders({ ...OPTIONS, run, seed, withIncident: false }).map(({ outTradeNo: _, ...order }) => order);
    expect(withoutNumbers('A', 'seed')).toEqual(withoutNumbers('B', 'seed'));
    expect(withoutNumbers('A', 'seed')).not.toEqual(withoutNumbers('A', 'other'));
    for (const { outTradeNo, user } of plan) {
      expect(outTradeNo).toMatch(/^[0-9A-Za-z_-]{6,32}$/);
      expect(user).toBeLessThan(countUsers(1_000));
    }
    expect(new Set(plan.map(({ outTradeNo }) => outTradeNo)).size).toBe(1_000);
  });
});

describe('what the demo prints', () => {
  test('lines up although Chinese characters are two columns wide', () => {
    const lines = formatRows([
      { english: 'paid', chinese: '已支付', value: '5' },
      { english: 'recovery', chinese: '到账耗时 99 分位', value: '15.1 s' },
    ]);
    expect(displayWidth('已支付')).toBe(6);
    expect(new Set(lines.map(displayWidth)).size).toBe(1);
  });

  test('takes percentiles by rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
    expect(percentile([], 0.5)).toBe(0);
  });
});
