import { toKafkaRecord } from '../events/cloud-event.ts';
import type { PaymentClosed } from '../events/payment-closed.ts';
import type { Witness } from '../events/payment-confirmed.ts';
import { type MismatchKind, mismatchId } from '../events/payment-mismatch.ts';
import type { OutgoingRecord } from '../kafka/micro-batch-publisher.ts';
import { orderKeyOf } from '../rules/order-key.ts';
import type { Mchid, OutTradeNo } from '../rules/wechat-fields.ts';
import type { PaidWechatOrder, WechatRefund } from '../wechatpay-api/outcomes.ts';

/** Which part saw it (`/payguard/reconciler`), when (ms UTC), and WeChat Pay's Request-ID to find it again there. */
export type Sighting = { source: string; now: number; requestId: string | null };

/** A verified answer that says: paid. */
export function confirmedRecord(order: PaidWechatOrder, witness: Witness, seen: Sighting): OutgoingRecord {
  const key = orderKeyOf({ mchid: order.mchid, out_trade_no: order.outTradeNo });
  const record = toKafkaRecord({
    type: 'payment.confirmed',
    ...attributes(`${witness}:${key}`, seen),
    key,
    data: {
      witness,
      mchid: order.mchid,
      appid: order.appid,
      out_trade_no: order.outTradeNo,
      transaction_id: order.transactionId,
      amount_total: order.amountTotal,
      currency: order.currency,
      success_time: order.successTime,
      ...sightingFields(seen),
    },
  });
  return { topic: 'payment.confirmed', ...record };
}

/** An order that cannot be paid any more (invariant 6 says when that may be said). */
export function closedRecord(
  closed: { mchid: Mchid; outTradeNo: OutTradeNo } & Pick<PaymentClosed, 'reason'> & {
      tradeState: PaymentClosed['trade_state'];
    },
  seen: Sighting,
): OutgoingRecord {
  const key = orderKeyOf({ mchid: closed.mchid, out_trade_no: closed.outTradeNo });
  const record = toKafkaRecord({
    type: 'payment.closed',
    ...attributes(`closed:${key}`, seen),
    key,
    data: {
      mchid: closed.mchid,
      out_trade_no: closed.outTradeNo,
      trade_state: closed.tradeState,
      reason: closed.reason,
      observed_at: new Date(seen.now).toISOString(),
    },
  });
  return { topic: 'payment.closed', ...record };
}

/** A verified answer about a refund. */
export function refundedRecord(mchid: Mchid, refund: WechatRefund, seen: Sighting): OutgoingRecord {
  const key = orderKeyOf({ mchid, out_trade_no: refund.outTradeNo });
  const record = toKafkaRecord({
    type: 'payment.refunded',
    ...attributes(`refund:${mchid}:${refund.outRefundNo}`, seen),
    key,
    data: {
      mchid,
      out_trade_no: refund.outTradeNo,
      transaction_id: refund.transactionId,
      out_refund_no: refund.outRefundNo,
      refund_id: refund.refundId,
      amount_refund: refund.amountRefund,
      amount_total: refund.amountTotal,
      status: refund.status,
      success_time: refund.successTime,
      ...sightingFields(seen),
    },
  });
  return { topic: 'payment.refunded', ...record };
}

export type MismatchSeen = {
  kind: MismatchKind;
  mchid: string;
  outTradeNo: string;
  transactionId: string | null;
  /** WeChat Pay's number of the refund; ours where it has none yet. */
  refundId: string | null;
  systemStatus: string;
  wechatStatus: string;
  /** Fen. */
  systemAmount: number | null;
  wechatAmount: number | null;
};

/** An open mismatch. The same one has the same id, whoever tells it and however often. */
export function mismatchRecord(mismatch: MismatchSeen, seen: Sighting): OutgoingRecord {
  const { kind, mchid, outTradeNo, refundId } = mismatch;
  const id = mismatchId({ kind, mchid, orderOrTransaction: outTradeNo, ...(refundId === null ? {} : { refundId }) });
  const record = toKafkaRecord({
    type: 'payment.mismatch',
    id: `${id}:open`,
    source: seen.source,
    time: seen.now,
    key: orderKeyOf({ mchid, out_trade_no: outTradeNo }),
    data: {
      id,
      kind,
      state: 'open',
      mchid,
      out_trade_no: outTradeNo,
      transaction_id: mismatch.transactionId,
      refund_id: refundId,
      system_status: mismatch.systemStatus,
      wechat_status: mismatch.wechatStatus,
      system_amount: mismatch.systemAmount,
      wechat_amount: mismatch.wechatAmount,
      detected_at: new Date(seen.now).toISOString(),
    },
  });
  return { topic: 'payment.mismatch', ...record };
}

function attributes(id: string, { source, now }: Sighting): { id: string; source: string; time: number } {
  return { id: `${id}:${now}`, source, time: now };
}

/** Request-IDs are some 60 characters; the schema takes 128. */
function sightingFields({ now, requestId }: Sighting): { observed_at: string; evidence_id: string } {
  return { observed_at: new Date(now).toISOString(), evidence_id: (requestId ?? 'no request id').slice(0, 128) };
}
