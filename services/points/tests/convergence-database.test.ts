import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinParkedEvents } from '../src/join-parked-events.ts';
import { closed, confirmed, refunded } from './order-fixtures.ts';
import { playHistories, type Step } from './play-histories.ts';
import { addUsers, expectInvariantsHold, openPointsDatabase } from './points-database.ts';

/** Histories played on the real database, each on an order of its own. */
const HISTORIES = 300;

let points: Awaited<ReturnType<typeof openPointsDatabase>>;

beforeAll(async () => {
  points = await openPointsDatabase();
  await addUsers(points.pool, [1, 2, 3]);
});

afterAll(() => points.drop());

function stepsOf(outTradeNo: string): Step[] {
  const order = { outTradeNo, amountTotal: 10_000 };
  return [
    'create',
    confirmed(order, 'callback'),
    confirmed(order, 'query', { observed_at: '2025-07-11T16:57:31.000Z' }),
    refunded(order, `PART-${outTradeNo}`, 3_333),
    refunded(order, `REST-${outTradeNo}`, 6_667),
    closed(order),
  ];
}

const permutation = fc
  .tuple(
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
  )
  .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }));

it(`${HISTORIES} permutations with repetitions end the same on the real database`, async () => {
  const histories = fc.sample(permutation, { numRuns: HISTORIES, seed: 20250712 });
  await playHistories(
    histories.map((history, n) => {
      const outTradeNo = `HISTORY_${String(n).padStart(5, '0')}`;
      const steps = stepsOf(outTradeNo);
      return { outTradeNo, userId: (n % 3) + 1, steps: history.flatMap((index) => steps[index] ?? []) };
    }),
    points.deps,
  );
  await joinParkedEvents(points.deps);
  await joinParkedEvents(points.deps);

  const states = await points.pool.query(
    `SELECT payment_status, closed_at, refunded_total, points_taken, payment_time, notify_time, trade_state, COUNT(*) AS orders
     FROM payment_orders WHERE credited_at IS NOT NULL
     GROUP BY payment_status, closed_at, refunded_total, points_taken, payment_time, notify_time, trade_state`,
  );
  expect(states).toHaveLength(1);
  expect(states[0]).toMatchObject({
    payment_status: 'refunded',
    closed_at: null,
    refunded_total: 10_000,
    points_taken: 1_001,
    orders: HISTORIES,
  });
  const rows = async (sql: string) => points.pool.query(sql);
  expect(
    await rows('SELECT witness, COUNT(*) AS seen FROM payment_evidence GROUP BY witness ORDER BY witness'),
  ).toEqual([
    { witness: 'callback', seen: HISTORIES },
    { witness: 'query', seen: HISTORIES },
  ]);
  expect(
    await rows(
      'SELECT type, COUNT(*) AS entries, CAST(SUM(amount) AS SIGNED) AS amount FROM point_transactions GROUP BY type ORDER BY type',
    ),
  ).toEqual([
    { type: 'recharge', entries: HISTORIES, amount: 1_001 * HISTORIES },
    { type: 'refund', entries: 2 * HISTORIES, amount: -1_001 * HISTORIES },
  ]);
  expect(await rows("SELECT * FROM parked_events WHERE state = 'waiting'")).toEqual([]);
  await expectInvariantsHold(points.pool);
});
