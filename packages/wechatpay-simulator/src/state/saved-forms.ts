import { z } from 'zod';
import { ATTEMPT_FAULTS, faultsSchema } from '../faults/fault.ts';
import type { Notice } from '../notifications/notice.ts';
import { type Attempt, NOTIFICATION_STATES, type Notification } from '../notifications/notification.ts';
import {
  type Order,
  type OrderTerms,
  type Payment,
  PLANNED_PAYMENT_FAULTS,
  type PlannedPayment,
  TRADE_TYPES,
} from '../orders/order.ts';
import { REFUND_STATUSES, type Refund, type RefundTerms } from '../refunds/refund.ts';

/** An order without what has a row of its own. */
export type SavedOrder = Omit<Order, 'notification' | 'refunds'>;

/** A refund, its order by number. */
export type SavedRefund = Omit<Refund, 'order' | 'notification'> & {
  readonly mchid: string;
  readonly outTradeNo: string;
};

/** A notice, what it is about by number. */
type SavedNotice =
  | { readonly kind: 'payment'; readonly mchid: string; readonly outTradeNo: string }
  | (Omit<Exclude<Notice, { kind: 'payment' }>, 'refund'> & { readonly mchid: string; readonly outRefundNo: string });

/** A notification between two attempts; one under way is saved as if it had not begun, and is then made again. */
export type SavedNotification = Omit<Notification, 'nextAttempt'> & {
  readonly notice: SavedNotice;
  /** ms UTC; undefined when the next attempt is due at once, or there is none. */
  readonly dueMs: number | undefined;
};

export function toSavedOrder({ notification: _, refunds: __, ...order }: Order): SavedOrder {
  return order;
}

export function toSavedRefund({ order, notification: _, ...refund }: Refund): SavedRefund {
  return { mchid: order.terms.mchid, outTradeNo: order.terms.outTradeNo, ...refund };
}

export function toSavedNotification(notice: Notice, { nextAttempt, ...notification }: Notification): SavedNotification {
  const isUnderWay = notification.state === 'pending' && nextAttempt === undefined;
  return {
    notice: toSavedNotice(notice),
    ...notification,
    attemptNumber: notification.attemptNumber - (isUnderWay ? 1 : 0),
    dueMs: nextAttempt?.dueMs,
  };
}

function toSavedNotice(notice: Notice): SavedNotice {
  if (notice.kind === 'payment') {
    const { mchid, outTradeNo } = notice.order.terms;
    return { kind: 'payment', mchid, outTradeNo };
  }
  const { refund, ...rest } = notice;
  return { ...rest, mchid: refund.order.terms.mchid, outRefundNo: refund.terms.outRefundNo };
}

/** JSON leaves out what is undefined. */
export function absent<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? undefined);
}

// The objects are loose: what a later simulator adds without need of a new format is carried along.

const termsSchema: z.ZodType<OrderTerms> = z.looseObject({
  mchid: z.string(),
  appid: z.string(),
  outTradeNo: z.string(),
  tradeType: z.enum(TRADE_TYPES),
  description: z.string(),
  notifyUrl: z.string(),
  total: z.int(),
  attach: absent(z.string()),
  payerOpenid: absent(z.string()),
  deviceId: absent(z.string()),
  expiresAtMs: z.number(),
});

const paymentSchema: z.ZodType<Payment> = z.looseObject({
  transactionId: z.string(),
  successTimeMs: z.number(),
  openid: z.string(),
  bankType: z.string(),
  coupon: absent(z.int()),
});

const plannedPaymentSchema: z.ZodType<PlannedPayment> = z.looseObject({
  fault: z.enum(PLANNED_PAYMENT_FAULTS),
  dueMs: z.number(),
});

export const savedOrderSchema: z.ZodType<SavedOrder> = z.looseObject({
  terms: termsSchema,
  requestDigest: z.string(),
  prepayHandle: z.string(),
  handleIssuedAtMs: z.number(),
  createdAtMs: z.number(),
  closedAtMs: absent(z.number()),
  payment: absent(paymentSchema),
  plannedPayment: absent(plannedPaymentSchema),
});

const finalStatusSchema = z.enum(REFUND_STATUSES).exclude(['PROCESSING']);

const refundTermsSchema: z.ZodType<RefundTerms> = z.looseObject({
  outRefundNo: z.string(),
  refund: z.int(),
  total: z.int(),
  reason: absent(z.string()),
  notifyUrl: absent(z.string()),
  origin: z.enum(['api', 'merchant_platform']),
});

export const savedRefundSchema: z.ZodType<SavedRefund> = z.looseObject({
  mchid: z.string(),
  outTradeNo: z.string(),
  terms: refundTermsSchema,
  requestDigest: z.string(),
  refundId: z.string(),
  discountRefund: z.int(),
  createdAtMs: z.number(),
  status: z.enum(REFUND_STATUSES),
  settledAtMs: absent(z.number()),
  course: absent(z.object({ settlesAtMs: z.number(), status: finalStatusSchema })),
});

const noticeSchema: z.ZodType<SavedNotice> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('payment'), mchid: z.string(), outTradeNo: z.string() }),
  z.object({
    kind: z.enum(['refund', 'refund_v2']),
    mchid: z.string(),
    outRefundNo: z.string(),
    status: finalStatusSchema,
    notifyUrl: z.string(),
  }),
]);

const attemptSchema: z.ZodType<Attempt> = z.looseObject({
  number: z.int(),
  copy: z.literal([1, 2]),
  atMs: z.number(),
  fault: absent(z.enum(ATTEMPT_FAULTS)),
  sent: z.boolean(),
  status: absent(z.int()),
  ms: z.number(),
  error: absent(z.string()),
});

export const savedNotificationSchema: z.ZodType<SavedNotification> = z.looseObject({
  notice: noticeSchema,
  id: z.string(),
  createdAtMs: z.number(),
  faults: faultsSchema,
  attempts: z.array(attemptSchema),
  state: z.enum(NOTIFICATION_STATES),
  attemptNumber: z.int().min(0),
  dueMs: absent(z.number()),
});
