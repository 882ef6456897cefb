import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import type { PaymentConfirmed } from '@payguard/shared/events/payment-confirmed';
import { mismatchId } from '@payguard/shared/events/payment-mismatch';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import type { FoldedOrder, FoundMismatch } from './fold-order.ts';
import type { CreditLine } from './ledger.ts';
import { sourceText } from './order-event.ts';
import type { OrderState } from './order-state.ts';

/** A record that points publishes. */
export type Announcement = { topic: 'points.credited' | 'payment.mismatch' } & ReturnType<typeof toKafkaRecord>;

const SOURCE = '/payguard/points';

/**
 * The credits of a round, to be told after the commit: again when the record that made one is delivered again, since the
 * crash may have come before the first announcement.
 */
export function creditAnnouncements(
  folded: readonly FoldedOrder[],
  credits: readonly CreditLine[],
  now: number,
): Announcement[] {
  const creditOf = new Map(credits.map((line) => [line.orderId, line]));
  return folded.flatMap((order) => creditRecords(order, creditOf.get(order.after.id), now));
}

/** The mismatches that a round found. */
export function mismatchAnnouncements(folded: readonly FoldedOrder[], now: number): Announcement[] {
  return folded.flatMap((order) => order.mismatches.map((mismatch) => mismatchRecord(order.after, mismatch, now)));
}

function creditRecords(order: FoldedOrder, credit: CreditLine | undefined, now: number): Announcement[] {
  if (credit === undefined) return [];
  const candidates = [
    ...order.ledger.filter((line) => line.type === 'recharge').map((line) => line.source),
    ...order.alreadyCredited,
  ];
  const origin = candidates.find((received) => sourceText(received.source) === credit.source);
  if (origin === undefined || origin.event.kind !== 'confirmed') return [];
  return [creditedRecord(order.after, credit, origin.event.data, origin.traceparent, now)];
}

function creditedRecord(
  order: OrderState,
  credit: CreditLine,
  payment: PaymentConfirmed,
  traceparent: string | undefined,
  now: number,
): Announcement {
  const key = orderKeyOf(payment);
  const record = toKafkaRecord({
    type: 'points.credited',
    id: `credit:${key}`,
    source: SOURCE,
    time: now,
    traceparent,
    key,
    data: {
      user_id: order.userId,
      mchid: order.mchid,
      out_trade_no: order.outTradeNo,
      transaction_id: payment.transaction_id,
      points: credit.amount,
      balance_after: credit.balanceAfter,
      witness: payment.witness,
      repaired: payment.witness !== 'callback',
      credited_at: new Date(order.creditedAt ?? now).toISOString(),
    },
  });
  return { topic: 'points.credited', ...record };
}

function mismatchRecord(order: OrderState, facts: FoundMismatch, now: number): Announcement {
  const { mchid, outTradeNo } = order;
  return toMismatchRecord(
    { mchid, outTradeNo, systemStatus: order.paymentStatus, systemAmount: order.amountTotal },
    facts,
    now,
  );
}

/** The record of a mismatch. Its id depends only on what it is about, so that the same one is one, however often told. */
export function toMismatchRecord(
  order: { mchid: string; outTradeNo: string; systemStatus: string; systemAmount: number | null },
  facts: FoundMismatch,
  now: number,
): Announcement {
  const aboutTransaction = facts.kind === 'duplicate_payment' ? facts.transactionId : null;
  const id = mismatchId({
    kind: facts.kind,
    mchid: order.mchid,
    orderOrTransaction: aboutTransaction ?? order.outTradeNo,
    ...(facts.refundId === null ? {} : { refundId: facts.refundId }),
  });
  const record = toKafkaRecord({
    type: 'payment.mismatch',
    id: `${id}:${facts.state}`,
    source: SOURCE,
    time: now,
    traceparent: facts.traceparent,
    key: orderKeyOf({ mchid: order.mchid, out_trade_no: order.outTradeNo }),
    data: {
      id,
      kind: facts.kind,
      state: facts.state,
      mchid: order.mchid,
      out_trade_no: order.outTradeNo,
      transaction_id: facts.transactionId,
      refund_id: facts.refundId,
      system_status: order.systemStatus,
      wechat_status: facts.wechatStatus,
      system_amount: order.systemAmount,
      wechat_amount: facts.wechatAmount,
      detected_at: new Date(now).toISOString(),
    },
  });
  return { topic: 'payment.mismatch', ...record };
}
