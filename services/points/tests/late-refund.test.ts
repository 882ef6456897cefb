import { lateRefundNumber } from '@payguard/shared/rules/late-refund-number';
import { describe, expect, it } from 'vitest';
import type { OrderEvent } from '../src/order-event.ts';
import { isFinal } from '../src/order-state.ts';
import { closed, confirmed, decision, NOW, pendingOrder, refunded, transactionOf } from './order-fixtures.ts';
import { createOrderModel } from './order-model.ts';

const order = pendingOrder();
const NUMBER = lateRefundNumber(transactionOf(order));
const REQUESTED = { outRefundNo: NUMBER, refundId: null, amount: 10_000, status: 'requested', successTime: null };
const whole = (change: object = {}) => refunded(order, NUMBER, 10_000, change);
const open = { success_time: null };

function modelWith(latePayment: 'credit' | 'review' | 'refund', change = order) {
  const model = createOrderModel(change, { latePayment });
  model.create();
  return model;
}

/** An order whose payment came after its close, under the policy refund. */
function sentBack(...events: OrderEvent[]) {
  const model = modelWith('refund');
  model.receive(closed(order), confirmed(order));
  for (const event of events) model.receive(event);
  return model;
}

describe('a payment on a closed order under the policy refund', () => {
  it('is requested back whole, and neither credited nor asked about again', () => {
    const model = sentBack();
    expect(model.order).toMatchObject({
      paymentStatus: 'expired',
      transactionId: transactionOf(order),
      paidAt: Date.parse('2025-07-12T00:57:19+08:00'),
      notifiedAt: Date.parse('2025-07-11T16:57:20.000Z'),
      tradeState: 'SUCCESS',
      creditedAt: null,
      closedAt: Date.parse('2025-07-11T17:30:00.000Z'),
    });
    expect([...(model.order?.refunds.values() ?? [])]).toMatchObject([REQUESTED]);
    expect(model.order !== undefined && isFinal(model.order)).toBe(true);
    expect(model.ledger).toEqual([]);
    expect(model.parked).toEqual([]);
  });

  it('is told once, as repaired, and leaves evidence of each witness', () => {
    const model = sentBack(confirmed(order), confirmed(order, 'query'), closed(order));
    expect(model.told).toEqual([['paid_after_close', 'auto_repaired']]);
    expect(model.outcome().witnesses.map(([witness]) => witness)).toEqual(['callback', 'query']);
    expect(model.order?.refunds.size).toBe(1);
  });

  it.each([
    ['another amount', { amount_total: 1 }, 'amount_mismatch'],
    ['another currency', { currency: 'USD' }, 'amount_mismatch'],
    ['another appid', { appid: 'wxother' }, 'identity_mismatch'],
  ])('with %s is a mismatch, and never refunded by itself', (_name, change, kind) => {
    const model = modelWith('refund');
    model.receive(closed(order), confirmed(order, 'callback', change), decision(order, 'refund'));
    expect(model.order?.refunds.size).toBe(0);
    expect(model.mismatches).toEqual([kind]);
  });

  it('is not credited by a later verdict: the money is going back', () => {
    const model = sentBack(decision(order, 'credit'), confirmed(order, 'query'));
    expect(model.ledger).toEqual([]);
    expect(model.parked).toEqual([]);
    expect(model.order?.refunds.get(NUMBER)).toMatchObject(REQUESTED);
  });

  it('of an order on hold waits for a person all the same', () => {
    const model = modelWith('refund', pendingOrder({ creditHold: 'ledger_mismatch' }));
    model.receive(closed(order), confirmed(order));
    expect(model.parked).toEqual(['credit_hold']);
    expect(model.order?.refunds.size).toBe(0);
  });

  it('by a second transaction is a duplicate payment, and not refunded a second time', () => {
    const model = sentBack(confirmed(order, 'query', { transaction_id: '4200009999' }));
    expect(model.mismatches).toEqual(['paid_after_close', 'duplicate_payment']);
    expect(model.order?.refunds.size).toBe(1);
  });

  it('seen before the close is credited', () => {
    const model = modelWith('refund');
    model.receive(confirmed(order), closed(order));
    expect(model.ledger).toHaveLength(1);
    expect(model.order?.refunds.size).toBe(0);
  });
});

describe('the refund of a payment that was not credited', () => {
  it('moves forward, and when it succeeded takes no points', () => {
    const model = sentBack(whole({ status: 'PROCESSING', ...open }));
    expect(model.order?.refunds.get(NUMBER)).toMatchObject({
      status: 'PROCESSING',
      refundId: expect.stringMatching(/^50/),
    });
    model.receive(whole(), whole({ status: 'PROCESSING', ...open }));
    expect(model.order).toMatchObject({
      paymentStatus: 'refunded',
      tradeState: 'REFUND',
      refundedTotal: 10_000,
      pointsTaken: 0,
      creditedAt: null,
    });
    expect(model.ledger).toEqual([]);
    expect(model.mismatches).toEqual(['paid_after_close']);
  });

  it.each(['CLOSED', 'ABNORMAL'])('that ends %s is a mismatch: nobody has the money credited', (status) => {
    const model = sentBack(whole({ status, ...open }), whole({ status, ...open }));
    expect(model.mismatches).toEqual(['paid_after_close', 'refund_mismatch']);
    expect(model.order).toMatchObject({ paymentStatus: 'expired', refundedTotal: 0, creditedAt: null });
  });

  it('stays refunded when another, earlier close is told afterwards', () => {
    const model = sentBack(whole(), closed(order, { observed_at: '2025-07-11T17:00:00.000Z', reason: 'cancelled' }));
    expect(model.order).toMatchObject({
      paymentStatus: 'refunded',
      tradeState: 'REFUND',
      closedAt: Date.parse('2025-07-11T17:00:00.000Z'),
    });
  });

  it('is not sent when somebody has refunded everything by hand, whichever is seen first', () => {
    const byHand = refunded(order, 'BY_HAND', 10_000);
    const before = modelWith('refund');
    before.receive(closed(order), byHand, confirmed(order));
    for (const model of [before, sentBack(byHand)]) {
      expect(model.order).toMatchObject({ paymentStatus: 'refunded', refundedTotal: 10_000 });
      expect(model.order?.refunds.get(NUMBER)?.status).toBe('CLOSED');
      expect(model.parked).toEqual([]);
      expect(model.ledger).toEqual([]);
    }
  });

  it('told of an order that has none waits for its payment', () => {
    const model = modelWith('refund');
    model.receive(closed(order), whole());
    expect(model.parked).toEqual(['refund_before_credit']);
    model.receive(confirmed(order));
    expect(model.order).toMatchObject({ paymentStatus: 'refunded', refundedTotal: 10_000 });
    expect(model.parked).toEqual([]);
  });
});

describe('the verdict to refund', () => {
  it('sends a late payment back, whichever comes first, and closes the mismatch that told of it', () => {
    const told = [confirmed(order), decision(order, 'refund')];
    for (const events of [told, told.toReversed()]) {
      const model = modelWith('review');
      model.receive(closed(order), ...events);
      expect(model.order?.refunds.get(NUMBER)).toMatchObject(REQUESTED);
      expect(model.order).toMatchObject({ paymentStatus: 'expired', creditedAt: null });
      expect(model.told.at(-1)).toEqual(['paid_after_close', 'auto_repaired']);
      expect(model.parked).toEqual([]);
    }
  });

  it('ends an order on hold at the moment of the verdict', () => {
    const model = modelWith('credit', pendingOrder({ creditHold: 'ledger_mismatch', paymentStatus: 'paid' }));
    model.receive(confirmed(order), decision(order, 'refund'));
    expect(model.order).toMatchObject({
      paymentStatus: 'cancelled',
      closedAt: Date.parse('2025-07-12T03:00:00+08:00'),
      creditHold: null,
    });
    expect(model.order?.refunds.get(NUMBER)).toMatchObject(REQUESTED);
    expect(model.told).toEqual([
      ['ledger_mismatch', 'open'],
      ['ledger_mismatch', 'auto_repaired'],
    ]);
  });

  it('stands against a later verdict to credit, as the credit does against a later one to refund', () => {
    const refundFirst = modelWith('review');
    refundFirst.receive(closed(order), confirmed(order));
    refundFirst.receive(decision(order, 'refund'));
    refundFirst.receive(decision(order, 'credit'));
    expect(refundFirst.ledger).toEqual([]);
    expect(refundFirst.order?.refunds.size).toBe(1);
    const creditFirst = modelWith('review');
    creditFirst.receive(closed(order), confirmed(order));
    creditFirst.receive(decision(order, 'credit'));
    creditFirst.receive(decision(order, 'refund'));
    expect(creditFirst.ledger).toHaveLength(1);
    expect(creditFirst.order?.refunds.size).toBe(0);
  });

  it('does nothing to a payment that waits for nobody', () => {
    const model = modelWith('credit');
    model.receive(decision(order, 'refund'), confirmed(order));
    expect(model.order?.creditedAt).toBe(NOW);
    expect(model.order?.refunds.size).toBe(0);
  });
});

describe('a refund that checkout requested for a credited order', () => {
  const requested = { ...REQUESTED, outRefundNo: 'CHECKOUT_1', status: 'requested', reason: 'too many' } as const;
  const credited = pendingOrder({
    creditedAt: NOW,
    paymentStatus: 'paid',
    transactionId: transactionOf(order),
    refunds: new Map([['CHECKOUT_1', requested]]),
  });

  it('moves forward by what WeChat Pay says of it', () => {
    const model = createOrderModel(credited, { balance: 1_050 });
    model.create();
    model.receive(refunded(order, 'CHECKOUT_1', 10_000, { status: 'PROCESSING', ...open }));
    expect(model.order?.refunds.get('CHECKOUT_1')).toMatchObject({ status: 'PROCESSING', reason: 'too many' });
    model.receive(refunded(order, 'CHECKOUT_1', 10_000));
    expect(model.ledger).toMatchObject([{ amount: -1_050 }]);
    expect(model.order).toMatchObject({ paymentStatus: 'refunded', refundedTotal: 10_000, pointsTaken: 1_050 });
  });

  it('that WeChat Pay closed leaves points and money where they were: no mismatch', () => {
    const model = createOrderModel(credited, { balance: 1_050 });
    model.create();
    model.receive(refunded(order, 'CHECKOUT_1', 10_000, { status: 'CLOSED', ...open }));
    expect(model.mismatches).toEqual([]);
    expect(model.ledger).toEqual([]);
  });
});
