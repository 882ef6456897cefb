import { pointsToTake } from '@payguard/shared/rules/refund-points';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closed, confirmed, decision, PAID_AT, pendingOrder, refunded, transactionOf } from './order-fixtures.ts';
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

  it('of an order on hold waits for a person, and is credited when one decides so', () => {
    const model = modelWith(pendingOrder({ creditHold: 'ledger_mismatch', paymentStatus: 'paid' }));
    model.receive(confirmed(order));
    expect(model.ledger).toEqual([]);
    expect(model.parked).toEqual(['credit_hold']);
    expect(model.mismatches).toEqual(['ledger_mismatch']);
    model.receive(decision(order, 'credit'));
    expect(model.ledger).toHaveLength(1);
    expect(model.order?.creditHold).toBeNull();
  });

  it('of an order on hold is not credited by any other verdict', () => {
    const model = modelWith(pendingOrder({ creditHold: 'ledger_mismatch' }));
    model.receive(confirmed(order), decision(order, 'dismiss'));
    expect(model.ledger).toEqual([]);
    const refunding = modelWith(pendingOrder({ creditHold: 'ledger_mismatch' }));
    refunding.receive(decision(order, 'refund'), confirmed(order));
    expect(refunding.ledger).toEqual([]);
    expect(refunding.parked).toEqual([]);
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

  it('seen first by another witness is told as repaired after a minute, and not before', () => {
    const late = modelWith();
    late.receive(confirmed(order, 'query'));
    expect(late.mismatches).toEqual(['paid_not_recorded']);
    const prompt = modelWith(order, { now: Date.parse(PAID_AT) + 60_000 });
    prompt.receive(confirmed(order, 'query'));
    expect(prompt.mismatches).toEqual([]);
    const callback = modelWith();
    callback.receive(confirmed(order, 'callback'));
    expect(callback.mismatches).toEqual([]);
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

  it('is not credited after the decision to dismiss, whichever comes first and whoever sees it again', () => {
    const told = [confirmed(order), decision(order, 'dismiss')];
    for (const events of [told, told.toReversed()]) {
      const model = modelWith(order, { latePayment: 'review' });
      model.receive(closed(order), ...events);
      model.receive(confirmed(order, 'query'));
      expect(model.ledger).toEqual([]);
      expect(model.parked.toSorted()).toEqual(['dismissed', 'dismissed', 'verdict']);
    }
  });

  it('ends the same in every order of payment, close and contrary verdicts: to credit counts more', () => {
    const events = [closed(order), confirmed(order), decision(order, 'dismiss'), decision(order, 'credit')];
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (history) => {
        const model = modelWith(order, { latePayment: 'review' });
        for (const event of history) model.receive(event);
        expect(model.ledger).toEqual([{ key: 'recharge:1', amount: 1_050 }]);
        expect(model.parked).toEqual([]);
      }),
    );
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

  it('of another transaction, or with a changed amount, is a mismatch and takes nothing', () => {
    const model = modelWith();
    model.receive(confirmed(order), refunded(order, 'A', 4_000, { transaction_id: '4200009999' }));
    model.receive(
      refunded(order, 'B', 4_000, { status: 'PROCESSING', success_time: null }),
      refunded(order, 'B', 5_000),
    );
    expect(model.ledger).toHaveLength(1);
    expect(model.mismatches).toEqual(['refund_mismatch', 'refund_mismatch']);
  });

  it('of everything, repeated, stays one refund', () => {
    const model = modelWith();
    model.receive(confirmed(order), refunded(order, 'A', 10_000), refunded(order, 'A', 10_000));
    expect(model.mismatches).toEqual([]);
    expect(model.order?.paymentStatus).toBe('refunded');
  });

  it('of a legacy order credited without its transaction waits for the confirmation that tells it', () => {
    const model = modelWith(pendingOrder({ creditedAt: 1, paymentStatus: 'paid', transactionId: null }), {
      balance: 1_050,
    });
    model.receive(refunded(order, 'A', 10_000));
    expect(model.parked).toEqual(['refund_before_credit']);
    model.receive(confirmed(order));
    expect(model.ledger.map((line) => line.amount)).toEqual([-1_050]);
  });

  it('that takes no points needs no balance', () => {
    const model = modelWith(pendingOrder({ points: 0, creditedAt: 1, transactionId: transactionOf(order) }), {
      balance: -5,
    });
    model.receive(refunded(order, 'A', 10_000));
    expect(model.mismatches).toEqual([]);
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
