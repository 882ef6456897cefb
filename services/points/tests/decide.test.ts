import { pointsToTake } from '@payguard/shared/rules/refund-points';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closed, confirmed, decision, pendingOrder, refunded } from './order-fixtures.ts';
import { createOrderModel } from './order-model.ts';

const order = pendingOrder();

function modelWith(...[change, policy]: Parameters<typeof createOrderModel> | []) {
  const model = createOrderModel(change ?? order, policy);
  model.create();
  return model;
}

describe('a confirmed payment', () => {
  it('credits points and bonus points once', () => {
    const model = modelWith();
    model.receive(confirmed(order));
    model.receive(confirmed(order), confirmed(order, 'query'));
    expect(model.ledger).toEqual([{ key: 'recharge:1', amount: 1_050 }]);
    expect(model.order).toMatchObject({ paymentStatus: 'paid', closedAt: null });
  });

  it.each([
    ['another amount', { amount_total: 1 }, 'amount_mismatch'],
    ['another currency', { currency: 'USD' }, 'amount_mismatch'],
    ['another appid', { appid: 'wxother' }, 'identity_mismatch'],
  ])('with %s is never credited and raises a mismatch', (_name, change, kind) => {
    const model = modelWith();
    model.receive(confirmed(order, 'callback', change));
    expect(model.ledger).toEqual([]);
    expect(model.mismatches).toEqual([kind]);
  });

  it('of an order whose amount nobody knows is never credited', () => {
    const unknown = pendingOrder({ amountTotal: null });
    const model = modelWith(unknown);
    model.receive(confirmed({ ...order }));
    expect(model.ledger).toEqual([]);
    expect(model.mismatches).toEqual(['amount_mismatch']);
  });

  it('of an order on hold waits for a person', () => {
    const model = modelWith(pendingOrder({ creditHold: 'ledger_mismatch', paymentStatus: 'paid' }));
    model.receive(confirmed(order));
    expect(model.ledger).toEqual([]);
    expect(model.mismatches).toEqual(['ledger_mismatch']);
  });

  it('with a second transaction for the same order is a duplicate payment, not a second credit', () => {
    const model = modelWith();
    model.receive(confirmed(order), confirmed(order, 'query', { transaction_id: '4200009999' }));
    expect(model.ledger).toHaveLength(1);
    expect(model.mismatches).toEqual(['duplicate_payment']);
  });

  it('is credited although somebody typed the status in, since credited_at decides', () => {
    const model = modelWith(pendingOrder({ paymentStatus: 'failed' }));
    model.receive(confirmed(order));
    expect(model.order?.paymentStatus).toBe('paid');
    expect(model.ledger).toHaveLength(1);
  });

  it('seen first by another witness after a minute is told as repaired', () => {
    const model = modelWith();
    model.receive(confirmed(order, 'query'));
    expect(model.mismatches).toEqual(['paid_not_recorded']);
  });
});

describe('a payment on a closed order', () => {
  it('is credited under the policy credit, and told', () => {
    const model = modelWith();
    model.receive(closed(order), confirmed(order));
    expect(model.order).toMatchObject({ paymentStatus: 'paid', closedAt: null });
    expect(model.ledger).toHaveLength(1);
    expect(model.mismatches).toEqual(['paid_after_close']);
  });

  it('is held under the policy review, and told once however often it comes', () => {
    const model = modelWith(order, { latePayment: 'review' });
    model.receive(closed(order), confirmed(order));
    model.receive(confirmed(order));
    model.receive(closed(order, { observed_at: '2025-07-11T17:00:00.000Z' }));
    expect(model.ledger).toEqual([]);
    expect(model.parked).toEqual(['late_payment_review']);
    expect(model.mismatches).toEqual(['paid_after_close']);
  });

  it('is freed by the decision to credit, whichever comes first', () => {
    const first = modelWith(order, { latePayment: 'review' });
    first.receive(closed(order), confirmed(order), decision(order, 'credit'));
    const second = modelWith(order, { latePayment: 'review' });
    second.receive(closed(order), decision(order, 'credit'), confirmed(order));
    for (const model of [first, second]) {
      expect(model.ledger).toEqual([{ key: 'recharge:1', amount: 1_050 }]);
      expect(model.parked).toEqual([]);
    }
  });

  it('is let go by the decision to dismiss', () => {
    const model = modelWith(order, { latePayment: 'review' });
    model.receive(closed(order), confirmed(order), decision(order, 'dismiss'));
    expect(model.ledger).toEqual([]);
    expect(model.parked).toEqual([]);
  });

  it('of another amount is not credited by any decision', () => {
    const model = modelWith(order, { latePayment: 'review' });
    model.receive(closed(order), decision(order, 'credit'), confirmed(order, 'callback', { amount_total: 1 }));
    expect(model.ledger).toEqual([]);
    expect(model.mismatches).toEqual(['amount_mismatch']);
  });
});

describe('a refund', () => {
  it('takes back its share of the points, and the last one the rest', () => {
    const model = modelWith(pendingOrder({ points: 100, amountTotal: 3 }));
    const facts = { outTradeNo: order.outTradeNo, amountTotal: 3 };
    model.receive(confirmed(facts), refunded(facts, 'A', 1), refunded(facts, 'B', 1), refunded(facts, 'C', 1));
    expect(model.ledger.map((line) => line.amount)).toEqual([100, -33, -33, -34]);
    expect(model.order).toMatchObject({ paymentStatus: 'refunded', refundedTotal: 3, pointsTaken: 100 });
  });

  it('repeated, or moved back by a late PROCESSING, changes nothing', () => {
    const model = modelWith();
    model.receive(confirmed(order), refunded(order, 'A', 4_000));
    model.receive(
      refunded(order, 'A', 4_000),
      refunded(order, 'A', 4_000, { status: 'PROCESSING', success_time: null }),
    );
    expect(model.ledger.map((line) => line.amount)).toEqual([1_050, -420]);
  });

  it('of more than was paid is a mismatch and takes nothing', () => {
    const model = modelWith();
    model.receive(confirmed(order), refunded(order, 'A', 6_000), refunded(order, 'B', 6_000));
    expect(model.order?.refundedTotal).toBe(6_000);
    expect(model.mismatches).toEqual(['refund_mismatch']);
  });

  it('of points already spent takes nothing and asks a person, unless below zero is allowed', () => {
    const spent = modelWith(order, { balance: 0 });
    spent.receive(confirmed(order));
    spent.receive(refunded(order, 'A', 10_000));
    expect(spent.ledger).toHaveLength(1);
    expect(spent.mismatches).toEqual(['refund_mismatch']);
    const allowed = modelWith(order, { balance: 0, allowNegativeBalance: true });
    allowed.receive(confirmed(order));
    allowed.receive(refunded(order, 'A', 10_000));
    expect(allowed.ledger.map((line) => line.amount)).toEqual([1_050, -1_050]);
  });

  it('never takes more in all than the order was worth, and everything at the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 }),
        fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 50 }),
        (points, parts) => {
          const amountTotal = parts.reduce((sum, part) => sum + part, 0);
          let refundedTotal = 0;
          let taken = 0;
          for (const part of parts) {
            refundedTotal += part;
            taken += pointsToTake({ points, refundedTotal, amountTotal, alreadyTaken: taken });
            expect(taken).toBeLessThanOrEqual(points);
          }
          expect(taken).toBe(points);
        },
      ),
    );
  });
});

describe('a closed order', () => {
  it('closes only while it is not credited, at the earliest time told', () => {
    const model = modelWith();
    model.receive(closed(order), closed(order, { observed_at: '2025-07-11T17:00:00.000Z', reason: 'cancelled' }));
    expect(model.order).toMatchObject({ paymentStatus: 'cancelled', closedAt: Date.parse('2025-07-11T17:00:00.000Z') });
    model.receive(confirmed(order), closed(order));
    expect(model.order).toMatchObject({ paymentStatus: 'paid', closedAt: null });
  });
});
