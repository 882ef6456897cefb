import { createHash } from 'node:crypto';
import { paymentClosedSchema } from '@payguard/shared/events/payment-closed';
import type { Witness } from '@payguard/shared/events/payment-confirmed';
import { paymentConfirmedSchema } from '@payguard/shared/events/payment-confirmed';
import { paymentDecisionSchema } from '@payguard/shared/events/payment-decision';
import { paymentRefundedSchema } from '@payguard/shared/events/payment-refunded';
import type { OrderEvent } from '../src/order-event.ts';
import type { OrderState } from '../src/order-state.ts';

export const MCHID = '1900000109';
export const APPID = 'wxd678efh567hg6787';
/** 2025-07-12 00:57:19 in Shanghai: the payment of the incident. */
export const PAID_AT = '2025-07-12T00:57:19+08:00';
export const NOW = Date.parse('2025-07-12T01:00:00+08:00');

export function pendingOrder(change: Partial<OrderState> = {}): OrderState {
  return {
    id: 1,
    userId: 7,
    orderNo: 'RECHARGE_ORDER17522530522711786',
    mchid: MCHID,
    outTradeNo: 'RECHARGE_ORDER17522530522711786',
    appid: APPID,
    amountTotal: 10_000,
    currency: 'CNY',
    points: 1_050,
    paymentStatus: 'pending',
    transactionId: null,
    paidAt: null,
    notifiedAt: null,
    tradeState: null,
    creditedAt: null,
    closedAt: null,
    refundedTotal: 0,
    pointsTaken: 0,
    creditHold: null,
    refunds: new Map(),
    ...change,
  };
}

type OrderFacts = Pick<OrderState, 'outTradeNo' | 'amountTotal'>;

/** Each order has one payment; its number follows from the order's. */
export function transactionOf(order: Pick<OrderState, 'outTradeNo'>): string {
  const digits = BigInt(`0x${createHash('sha256').update(order.outTradeNo).digest('hex')}`).toString();
  return `42000${digits.slice(0, 23)}`;
}

export function confirmed(order: OrderFacts, witness: Witness = 'callback', change: object = {}): OrderEvent {
  const data = paymentConfirmedSchema.parse({
    witness,
    mchid: MCHID,
    appid: APPID,
    out_trade_no: order.outTradeNo,
    transaction_id: transactionOf(order),
    amount_total: order.amountTotal,
    currency: 'CNY',
    success_time: PAID_AT,
    observed_at: '2025-07-11T16:57:20.000Z',
    evidence_id: 'EV-1',
    ...change,
  });
  return { kind: 'confirmed', data };
}

export function refunded(order: OrderFacts, outRefundNo: string, amount: number, change: object = {}): OrderEvent {
  const data = paymentRefundedSchema.parse({
    mchid: MCHID,
    out_trade_no: order.outTradeNo,
    transaction_id: transactionOf(order),
    out_refund_no: outRefundNo,
    refund_id: `50${outRefundNo.slice(-30)}`,
    amount_refund: amount,
    amount_total: order.amountTotal,
    status: 'SUCCESS',
    success_time: '2025-07-12T02:00:00+08:00',
    observed_at: '2025-07-11T18:00:01.000Z',
    evidence_id: 'EV-2',
    ...change,
  });
  return { kind: 'refunded', data };
}

export function closed(order: Pick<OrderState, 'outTradeNo'>, change: object = {}): OrderEvent {
  const data = paymentClosedSchema.parse({
    mchid: MCHID,
    out_trade_no: order.outTradeNo,
    trade_state: 'CLOSED',
    reason: 'expired',
    observed_at: '2025-07-11T17:30:00.000Z',
    ...change,
  });
  return { kind: 'closed', data };
}

export function decision(order: Pick<OrderState, 'outTradeNo'>, verdict: 'credit' | 'refund' | 'dismiss'): OrderEvent {
  const data = paymentDecisionSchema.parse({
    mchid: MCHID,
    out_trade_no: order.outTradeNo,
    transaction_id: transactionOf(order),
    verdict,
    by: 'li.lei',
    approved_by: null,
    reason: 'payer called',
    decided_at: '2025-07-12T03:00:00+08:00',
  });
  return { kind: 'decision', data };
}
