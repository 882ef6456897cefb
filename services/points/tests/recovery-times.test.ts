import { describe, expect, it } from 'vitest';
import { foldOrder, type WaitingEvent } from '../src/fold-order.ts';
import type { OrderEvent } from '../src/order-event.ts';
import { recoveriesOf } from '../src/recovery-times.ts';
import { confirmed, decision, pendingOrder } from './order-fixtures.ts';
import { received } from './points-database.ts';

const NOW = Date.parse('2025-07-12T01:00:00+08:00');
const CONTEXT = { now: NOW, latePayment: 'review', allowNegativeBalance: false, balance: 0 } as const;
const ORDER = pendingOrder();
const PAYMENT = confirmed(ORDER, 'query', { success_time: '2025-07-12T00:59:54+08:00' });

function parked(reason: WaitingEvent['reason'], event: OrderEvent): WaitingEvent[] {
  return received(event).map((each) => ({ ...each, parkedId: 1, reason }));
}

describe('the time from a payment to its credit', () => {
  it.each([
    ['comes with its record', foldOrder(ORDER, [], received(PAYMENT, PAYMENT), CONTEXT)],
    ['was parked until its order came', foldOrder(ORDER, parked('no_such_order', PAYMENT), [], CONTEXT)],
  ])('is observed once where the payment %s', (_how, folded) => {
    expect(recoveriesOf([folded], NOW)).toEqual([{ witness: 'query', seconds: 6 }]);
  });

  it('is not observed again when the payment is only told again, nor without a credit', () => {
    const credited = foldOrder(ORDER, [], received(PAYMENT), CONTEXT).after;
    expect(recoveriesOf([foldOrder(credited, [], received(PAYMENT), CONTEXT)], NOW)).toEqual([]);
    const other = confirmed({ ...ORDER, amountTotal: 1 });
    expect(recoveriesOf([foldOrder(ORDER, [], received(other), CONTEXT)], NOW)).toEqual([]);
  });

  it("is a person's where their word was waited for", () => {
    const held = pendingOrder({ creditHold: 'ledger' });
    const folded = foldOrder(held, parked('credit_hold', PAYMENT), received(decision(held, 'credit')), CONTEXT);
    expect(recoveriesOf([folded], NOW)).toEqual([{ witness: 'manual', seconds: 6 }]);
  });
});
