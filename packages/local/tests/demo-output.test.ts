import { describe, expect, test } from 'vitest';
import { displayWidth } from '../src/demo/format-rows.ts';
import { formatVerdict } from '../src/demo/format-verdict.ts';
import { drawTable } from '../src/demo/live-table.ts';
import { INCIDENT, type PlannedOrder, planOrders } from '../src/demo/plan-orders.ts';
import { type Credit, describeRecovery, recoveryByWitness } from '../src/demo/recovery.ts';
import type { DemoOutcome } from '../src/demo/run-demo.ts';

const CALLBACKS: Credit[] = [20, 40, 60].map((recoveryMs) => ({ witness: 'callback', recoveryMs }));
const QUERIES: Credit[] = [5_000, 9_000].map((recoveryMs) => ({ witness: 'query', recoveryMs }));
const CREDITS = [...QUERIES, ...CALLBACKS];

describe('the recovery times', () => {
  test('are counted over all and for each witness, the busiest first', () => {
    expect(describeRecovery(CREDITS)).toEqual({ credited: 5, p50: 60, p99: 9_000, max: 9_000 });
    const byWitness = recoveryByWitness(CREDITS);
    expect(Object.keys(byWitness)).toEqual(['callback', 'query']);
    expect(byWitness).toEqual({
      callback: { credited: 3, p50: 40, p99: 60, max: 60 },
      query: { credited: 2, p50: 5_000, p99: 9_000, max: 9_000 },
    });
    expect(recoveryByWitness([])).toEqual({});
  });
});

describe('the live table', () => {
  const paid: PlannedOrder[] = planOrders({
    sizes: { orders: 6, lost: 50, doubled: 0, tampered: 0, probed: 0 },
    seed: 'seed',
    run: 'RUN1',
    withIncident: true,
  });

  test('lines up, and says by which witness the credits came', () => {
    const table = drawTable({ paid, credits: CREDITS, callbacksToCome: 0 }, 6, '9.1');
    const valueEnds = table.slice(1, -1).map((line) => displayWidth(line.replace(/\S*$/, '')) + lastWord(line));
    expect(new Set(valueEnds).size).toBe(1);
    expect(table.join('\n')).toMatch(/by callback +回调到账 +3\n +by query +主动查询到账 +2\n/);
    expect(table.at(-1)).toBe('  1 left for the poll to ask WeChat Pay about');
  });

  test('says what it waits for when all are credited, and nothing at the end', () => {
    const credits = [...CREDITS, ...QUERIES.slice(1)];
    expect(drawTable({ paid, credits, callbacksToCome: 2 }, 6, '9.1').at(-1)).toContain('2 callbacks still come again');
    expect(drawTable({ paid, credits, callbacksToCome: 0 }, 6, '9.1').at(-1)).toMatch(/9\.0 s$/);
  });
});

describe('the verdict', () => {
  const passed: DemoOutcome = {
    verdict: { paid: 5, credited: 5, lost: [], doubled: [], wrong: [] },
    invariants: [],
    isComplete: true,
    incident: { outcome: 'credited', credit: { witness: 'query', recoveryMs: 5_000 }, isCallbackLost: true },
    report: {
      ...{ orders: 5, paid: 5, credited: 5, lost: 0, doubled: 0, wrong: 0, seed: 'seed' },
      byWitness: recoveryByWitness(CREDITS),
      recoveryMs: describeRecovery(CREDITS),
    },
  };

  test('tells how soon each witness brought its orders in, and how the incident’s order came in', () => {
    const text = formatVerdict(passed);
    expect(text).toMatch(/credited once +已到账 +5 +p50 60 ms, p99 9\.0 s, max 9\.0 s after the payment/);
    expect(text).toMatch(/by query +主动查询到账 +2 +p50 5\.0 s/);
    expect(text).toContain(
      `${INCIDENT.outTradeNo} is credited by query, 5.0 s after its payment: its callback was lost`,
    );
    expect(text).toContain('PASSED 通过');
  });

  test('fails on an order that is paid and not credited, and names it', () => {
    const text = formatVerdict({
      ...passed,
      verdict: { ...passed.verdict, credited: 4, lost: [INCIDENT.outTradeNo] },
      isComplete: false,
      incident: { outcome: 'lost' },
    });
    expect(text).toMatch(/lost +丢单 +1 +paid at WeChat Pay, not credited/);
    expect(text).toContain(`lost: ${INCIDENT.outTradeNo}`);
    expect(text).toContain('given up: nothing has moved for 120 s');
    expect(text).toContain('FAILED 未通过');
  });
});

function lastWord(line: string): number {
  return displayWidth(/\S*$/.exec(line)?.[0] ?? '');
}
