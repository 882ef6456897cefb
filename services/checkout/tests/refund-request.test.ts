import { mchidSchema, outTradeNoSchema } from '@payguard/shared/rules/wechat-fields';
import { describe, expect, it } from 'vitest';
import type { OrderView, RefundView } from '../src/orders/order-view.ts';
import { decideRefund, refundRequestSchema } from '../src/refunds/refund-request.ts';

const DAY_MS = 24 * 3_600_000;
const NOW = Date.UTC(2026, 10, 23);

function refundOf(outRefundNo: string, amount: number, status: RefundView['status'] = 'SUCCESS'): RefundView {
  return { outRefundNo, amount, status, refundId: null, reason: null, successTime: null, createdAt: NOW };
}

function orderWith(fields: Partial<OrderView>): OrderView {
  return {
    id: 1,
    mchid: mchidSchema.parse('1900000109'),
    outTradeNo: outTradeNoSchema.parse('ORDER_1'),
    appid: 'wxd678efh567hg6787',
    userId: 1,
    status: 'paid',
    amountTotal: 100,
    currency: 'CNY',
    points: 100,
    bonusPoints: 0,
    transactionId: '4200002740202507127224774049',
    createdAt: NOW - DAY_MS,
    expiresAt: NOW,
    paidAt: NOW - DAY_MS,
    creditedAt: NOW - DAY_MS,
    closedAt: null,
    isHeld: false,
    refundedTotal: 0,
    refunds: [],
    ...fields,
  };
}

const wanted = (amount: number) => ({ outRefundNo: 'NEW', amount, reason: null });

describe('what may be refunded', () => {
  it('is all of it, and nothing more', () => {
    expect(decideRefund(orderWith({}), wanted(100), NOW).outcome).toBe('new');
    expect(decideRefund(orderWith({}), wanted(101), NOW).outcome).toBe('refused');
  });

  it.each(['requested', 'PROCESSING', 'SUCCESS', 'ABNORMAL'] as const)('is less by a refund that is %s', (status) => {
    const order = orderWith({ refunds: [refundOf('R1', 60, status)] });
    expect(decideRefund(order, wanted(40), NOW).outcome).toBe('new');
    expect(decideRefund(order, wanted(41), NOW).outcome).toBe('refused');
  });

  it('is not less by a refund that WeChat Pay closed', () => {
    expect(decideRefund(orderWith({ refunds: [refundOf('R1', 100, 'CLOSED')] }), wanted(100), NOW).outcome).toBe('new');
  });

  it('is nothing of an order that was refunded before payguard, which has no refunds here', () => {
    const order = orderWith({ status: 'refunded', refundedTotal: 100 });
    expect(decideRefund(order, wanted(1), NOW).outcome).toBe('refused');
  });

  it('is nothing after 50 refunds, after 365 days, without credit, or without a known amount', () => {
    const fifty = Array.from({ length: 50 }, (_, n) => refundOf(`R${n}`, 1));
    for (const order of [
      orderWith({ refunds: fifty }),
      orderWith({ paidAt: NOW - 366 * DAY_MS }),
      orderWith({ creditedAt: null }),
      orderWith({ amountTotal: null }),
      orderWith({ transactionId: null }),
    ]) {
      expect(decideRefund(order, wanted(1), NOW).outcome).toBe('refused');
    }
  });
});

describe('the number of a refund', () => {
  it('is none of those by which payguard sends late payments back', () => {
    const named = (out_refund_no: string) => refundRequestSchema.safeParse({ amount: 1, out_refund_no }).success;
    expect(named('PAYGUARD_LATE_4200002740202507127224774049')).toBe(false);
    expect(named('SHOP_LATE_1')).toBe(true);
  });
});
