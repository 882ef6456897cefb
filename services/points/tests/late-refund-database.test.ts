import { lateRefundNumber } from '@payguard/shared/rules/late-refund-number';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyRound } from '../src/apply-round.ts';
import type { RoundDependencies } from '../src/handle-round.ts';
import { joinParkedEvents } from '../src/join-parked-events.ts';
import type { OrderEvent } from '../src/order-event.ts';
import { closed, confirmed, decision, MCHID, refunded, transactionOf } from './order-fixtures.ts';
import { playHistories, type Step } from './play-histories.ts';
import { addOrders, addUsers, expectInvariantsHold, openPointsDatabase, received } from './points-database.ts';

/** Histories played on the real database, each on an order of its own. */
const HISTORIES = 200;
const NOW = Date.parse('2025-07-12T02:30:00.000Z');
const open = { success_time: null };

let points: Awaited<ReturnType<typeof openPointsDatabase>>;

beforeAll(async () => {
  points = await openPointsDatabase();
  await addUsers(points.pool, [1, 2, 3], 100);
});

afterAll(() => points.drop());

function depsWith(latePayment: 'credit' | 'review' | 'refund'): RoundDependencies {
  const policies = new Map([[MCHID, { latePayment, allowNegativeBalance: false, orderPrefixes: [] }]]);
  return { ...points.deps, settings: { ...points.deps.settings, policies } };
}

/** One event a round, at NOW. */
async function play(latePayment: 'credit' | 'review' | 'refund', ...events: OrderEvent[]): Promise<void> {
  const { pool, settings, announcer } = depsWith(latePayment);
  for (const event of events) {
    await applyRound(
      pool,
      { events: received(event), alsoOrders: [] },
      settings,
      { now: () => NOW },
      announcer.publish,
    );
  }
}

async function addOrder(outTradeNo: string) {
  const order = { outTradeNo, userId: 1, amountTotal: 10_000, points: 50 };
  await addOrders(points.pool, [order]);
  return order;
}

async function rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return points.pool.query({ sql, dateStrings: true }, values);
}

function refundRow(outRefundNo: string) {
  return rows('SELECT * FROM refunds WHERE out_refund_no = ?', [outRefundNo]);
}

function checksOf(outTradeNo: string) {
  return rows('SELECT c.* FROM order_checks c JOIN payment_orders o ON o.id = c.order_id WHERE o.out_trade_no = ?', [
    outTradeNo,
  ]);
}

describe('a late payment under the policy refund', () => {
  it('leaves a refund that the reconciler can send, and an order nobody polls', async () => {
    const order = await addOrder('LATE_REQUEST_1');
    const number = lateRefundNumber(transactionOf(order));
    await play('refund', closed(order), confirmed(order), confirmed(order, 'query'));
    expect(await refundRow(number)).toMatchObject([
      {
        mchid: MCHID,
        refund_id: null,
        transaction_id: transactionOf(order),
        amount: 10_000,
        status: 'requested',
        reason: '订单已关闭，款项原路退回',
        attempts: 0,
        next_check_at: '2025-07-12 02:30:00.000',
      },
    ]);
    expect(await rows('SELECT * FROM payment_orders WHERE out_trade_no = ?', [order.outTradeNo])).toMatchObject([
      { payment_status: 'expired', transaction_id: transactionOf(order), credited_at: null, trade_state: 'SUCCESS' },
    ]);
    expect(await checksOf(order.outTradeNo)).toEqual([]);
    await expectInvariantsHold(points.pool);
  });

  it('is refunded once WeChat Pay says so, without touching the points', async () => {
    const order = await addOrder('LATE_REFUNDED_1');
    const number = lateRefundNumber(transactionOf(order));
    await play('refund', closed(order), confirmed(order));
    await play('refund', refunded(order, number, 10_000, { status: 'PROCESSING', ...open }));
    expect(await refundRow(number)).toMatchObject([
      { status: 'PROCESSING', next_check_at: '2025-07-12 02:31:00.000', reason: '订单已关闭，款项原路退回' },
    ]);
    await play('refund', refunded(order, number, 10_000), confirmed(order, 'bill'));
    expect(await refundRow(number)).toMatchObject([{ status: 'SUCCESS', next_check_at: null }]);
    expect(await rows('SELECT * FROM payment_orders WHERE out_trade_no = ?', [order.outTradeNo])).toMatchObject([
      { payment_status: 'refunded', refunded_total: 10_000, points_taken: 0, credited_at: null, trade_state: 'REFUND' },
    ]);
    expect(await rows('SELECT points FROM users WHERE id = 1')).toEqual([{ points: 100 }]);
    await expectInvariantsHold(points.pool);
  });

  it(`ends the same in ${HISTORIES} permutations with repetitions after its close`, async () => {
    const permutations = fc.sample(
      fc
        .tuple(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), fc.constant([0, 1, 2, 3, 4]))
        .chain(([again, all]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length })),
      { numRuns: HISTORIES, seed: 20250712 },
    );
    const deps = depsWith('refund');
    await playHistories(
      permutations.map((permutation, n) => {
        const outTradeNo = `LATE_HISTORY_${String(n).padStart(5, '0')}`;
        const steps = stepsAfterClose(outTradeNo);
        const after = permutation.flatMap((index) => steps[index] ?? []);
        return { outTradeNo, userId: (n % 3) + 1, steps: [closed({ outTradeNo }), ...after] };
      }),
      deps,
    );
    await joinParkedEvents(deps);
    const histories = "FROM payment_orders o WHERE out_trade_no LIKE 'LATE\\_HISTORY%'";
    expect(
      await rows(
        `SELECT payment_status, credited_at, refunded_total, points_taken, trade_state, notify_time, closed_at,
                COUNT(*) AS orders ${histories}
         GROUP BY payment_status, credited_at, refunded_total, points_taken, trade_state, notify_time, closed_at`,
      ),
    ).toMatchObject([{ payment_status: 'refunded', credited_at: null, refunded_total: 10_000, orders: HISTORIES }]);
    expect(
      await rows(
        `SELECT r.status, r.next_check_at, COUNT(*) AS refunds FROM refunds r
         WHERE order_id IN (SELECT id ${histories}) GROUP BY r.status, r.next_check_at`,
      ),
    ).toEqual([{ status: 'SUCCESS', next_check_at: null, refunds: HISTORIES }]);
    expect(await rows("SELECT * FROM parked_events WHERE state = 'waiting'")).toEqual([]);
    expect(await rows('SELECT * FROM point_transactions')).toEqual([]);
    await expectInvariantsHold(points.pool);
  });
});

function stepsAfterClose(outTradeNo: string): Step[] {
  const order = { outTradeNo, amountTotal: 10_000 };
  const number = lateRefundNumber(transactionOf(order));
  return [
    'create',
    confirmed(order, 'callback'),
    confirmed(order, 'query', { observed_at: '2025-07-11T16:57:31.000Z' }),
    refunded(order, number, 10_000, { status: 'PROCESSING', ...open }),
    refunded(order, number, 10_000),
  ];
}

describe('a late payment that a person sends back', () => {
  it('is polled with its merchant while it is held, and no longer after the verdict', async () => {
    const order = await addOrder('LATE_VERDICT_1');
    await play('review', closed(order), confirmed(order));
    expect(await checksOf(order.outTradeNo)).toMatchObject([{ mchid: MCHID, lane: 0 }]);
    await expectInvariantsHold(points.pool);
    await play('review', decision(order, 'refund'), decision(order, 'credit'), confirmed(order, 'query'));
    expect(await checksOf(order.outTradeNo)).toEqual([]);
    expect(await refundRow(lateRefundNumber(transactionOf(order)))).toMatchObject([{ status: 'requested' }]);
    await expectInvariantsHold(points.pool);
  });
});

describe('a refund that another part requested for a credited order', () => {
  it('moves forward, and keeps what its owners wrote', async () => {
    const order = await addOrder('CHECKOUT_REFUND_1');
    await play('credit', confirmed(order));
    await points.pool.query(
      `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, transaction_id, reason, attempts, lease_by,
                            lease_until, next_check_at, created_at, updated_at)
       SELECT id, mchid, 'CHECKOUT_1', 10000, 'requested', transaction_id, 'too many', 3, 'poll-1',
              '2025-07-12 02:31:30', '2025-07-12', '2025-07-12', '2025-07-12'
       FROM payment_orders WHERE out_trade_no = ?`,
      [order.outTradeNo],
    );
    const kept = {
      transaction_id: transactionOf(order),
      reason: 'too many',
      attempts: 3,
      lease_by: 'poll-1',
      lease_until: '2025-07-12 02:31:30.000',
      created_at: '2025-07-12 00:00:00.000',
    };
    await play('credit', refunded(order, 'CHECKOUT_1', 10_000, { status: 'PROCESSING', ...open }));
    expect(await refundRow('CHECKOUT_1')).toMatchObject([
      { ...kept, status: 'PROCESSING', refund_id: '50CHECKOUT_1', next_check_at: '2025-07-12 02:31:00.000' },
    ]);
    await play('credit', refunded(order, 'CHECKOUT_1', 10_000));
    expect(await refundRow('CHECKOUT_1')).toMatchObject([{ ...kept, status: 'SUCCESS', next_check_at: null }]);
    expect(await rows('SELECT points_taken FROM payment_orders WHERE out_trade_no = ?', [order.outTradeNo])).toEqual([
      { points_taken: 50 },
    ]);
    await expectInvariantsHold(points.pool);
  });
});
