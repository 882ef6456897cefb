import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import type { OutgoingRecord } from '@payguard/shared/kafka/micro-batch-publisher';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import type { VerifiedNotification } from '@payguard/shared/wechatpay-verify/verify-notification';

export const PUBLISHED_TOPICS = ['payment.confirmed', 'payment.refunded', 'payment.callback-log'] as const;

const SOURCE = '/payguard/callback-gateway';

/** The event that a verified notification becomes. `now`: ms UTC. */
export function toEventRecord(
  notification: VerifiedNotification,
  now: number,
): { record: OutgoingRecord; outTradeNo: string } {
  const seen = { observed_at: new Date(now).toISOString(), evidence_id: notification.notificationId };
  switch (notification.kind) {
    case 'transaction': {
      const { appid, mchid, out_trade_no, transaction_id, success_time, amount } = notification.transaction;
      const record = toKafkaRecord({
        type: 'payment.confirmed',
        id: `callback:${mchid}:${notification.notificationId}`,
        source: SOURCE,
        time: now,
        key: orderKeyOf({ mchid, out_trade_no }),
        data: {
          witness: 'callback',
          mchid,
          appid,
          out_trade_no,
          transaction_id,
          amount_total: amount.total,
          currency: amount.currency,
          success_time,
          ...seen,
        },
      });
      return { record: { topic: 'payment.confirmed', ...record }, outTradeNo: out_trade_no };
    }
    case 'refund': {
      const { mchid, out_trade_no, transaction_id, out_refund_no, refund_id, refund_status, success_time, amount } =
        notification.refund;
      const record = toKafkaRecord({
        type: 'payment.refunded',
        id: `callback:${mchid}:${notification.notificationId}`,
        source: SOURCE,
        time: now,
        key: orderKeyOf({ mchid, out_trade_no }),
        data: {
          mchid,
          out_trade_no,
          transaction_id,
          out_refund_no,
          refund_id,
          amount_refund: amount.refund,
          amount_total: amount.total,
          status: refund_status,
          success_time: success_time ?? null,
          ...seen,
        },
      });
      return { record: { topic: 'payment.refunded', ...record }, outTradeNo: out_trade_no };
    }
  }
}
