import type { Order, Payment } from '../orders/order.ts';
import { paidTransaction } from '../orders/transaction.ts';
import { describeRefundNotice } from '../refunds/describe-refund.ts';
import type { FinalRefundStatus, Refund } from '../refunds/refund.ts';
import type { Notification } from './notification.ts';

/** What a notification is about. `refund_v2` is the trap: an APIv3 merchant gets XML of the old API. */
export type Notice =
  | { readonly kind: 'payment'; readonly order: Order; readonly payment: Payment }
  | {
      readonly kind: 'refund' | 'refund_v2';
      readonly refund: Refund;
      /** What is told; an ABNORMAL refund can become SUCCESS while this is still being retried. */
      readonly status: FinalRefundStatus;
      readonly notifyUrl: string;
    };

export function orderOf(notice: Notice): Order {
  return notice.kind === 'payment' ? notice.order : notice.refund.order;
}

export function notifyUrlOf(notice: Notice): string {
  return notice.kind === 'payment' ? notice.order.terms.notifyUrl : notice.notifyUrl;
}

export function outRefundNoOf(notice: Notice): string | undefined {
  return notice.kind === 'payment' ? undefined : notice.refund.terms.outRefundNo;
}

/** Names the notice for all that is drawn by seed about it: an order has one of payment, a refund one for each result. */
export function seedPartsOf(notice: Notice): string[] {
  const { mchid, outTradeNo } = orderOf(notice).terms;
  if (notice.kind === 'payment') return [mchid, outTradeNo];
  return [mchid, outTradeNo, notice.refund.terms.outRefundNo, notice.status];
}

/** Keeps the notification where its order or refund is looked at. */
export function attachNotification(notice: Notice, notification: Notification): void {
  if (notice.kind === 'payment') notice.order.notification = notification;
  else notice.refund.notification = notification;
}

export interface NoticeContent {
  readonly eventType: string;
  readonly originalType: 'transaction' | 'refund';
  readonly summary: string;
  readonly resource: object;
}

const REFUND_SUMMARIES = { SUCCESS: '退款成功', CLOSED: '退款关闭', ABNORMAL: '退款异常' } as const;

/** What is sealed into an APIv3 notification (pages 4012791861, 4012791865). */
export function contentOf(notice: Exclude<Notice, { kind: 'refund_v2' }>): NoticeContent {
  if (notice.kind === 'payment') {
    return {
      eventType: 'TRANSACTION.SUCCESS',
      originalType: 'transaction',
      summary: '支付成功',
      resource: paidTransaction(notice.order.terms, notice.payment),
    };
  }
  const { refund, status } = notice;
  return {
    eventType: `REFUND.${status}`,
    originalType: 'refund',
    summary: REFUND_SUMMARIES[status],
    resource: describeRefundNotice(refund, status),
  };
}
