import { z } from 'zod';
import { type AttemptFault, FAULT_NAMES, faultSchema } from '../faults/fault.ts';
import { NOTIFICATION_STATES } from '../notifications/notification.ts';
import { TRADE_TYPES, type TradeState } from '../orders/order.ts';
import { REFUND_STATUSES } from '../refunds/refund.ts';

const fen = z.int().describe('Fen.');
const instant = z.iso.datetime();
const tradeStates = ['NOTPAY', 'SUCCESS', 'CLOSED', 'REFUND'] as const satisfies readonly TradeState[];
const attemptFaults = [...FAULT_NAMES, 'outage'] as const satisfies readonly AttemptFault[];

const attemptFields = {
  number: z.int().describe('From 1: the first send, then up to 15 retries.'),
  copy: z.literal([1, 2]).describe('2 for the second send of a doubled attempt.'),
  at: instant,
  fault: z.enum(attemptFaults).nullable(),
  sent: z.boolean().describe('false: a fault kept it from being sent.'),
  status: z.int().nullable().describe('HTTP status of the answer; null when none came.'),
  ms: z.number().describe('Real milliseconds until the answer.'),
  error: z.string().nullable().describe('Why no answer came.'),
};

export const notificationAnswer = z
  .object({
    id: z.string(),
    state: z.enum(NOTIFICATION_STATES),
    faults: z.array(faultSchema).readonly(),
    nextAttemptAt: instant.nullable().describe('null while an attempt is under way, and at the end.'),
    attempts: z.array(z.object(attemptFields)),
  })
  .meta({ id: 'Notification', description: 'A notification with every attempt to deliver it.' });

const orderFields = {
  mchid: z.string(),
  outTradeNo: z.string(),
  tradeType: z.enum(TRADE_TYPES),
  total: fen,
  description: z.string(),
  notifyUrl: z.string(),
  codeUrl: z.string().nullable().describe('Of a NATIVE order.'),
  prepayId: z.string().nullable().describe('Of the others.'),
  tradeState: z.enum(tradeStates),
  transactionId: z.string().nullable(),
  payerTotal: fen.nullable().describe('Fen; what the payer paid, the total less a coupon.'),
  createdAt: instant,
  expiresAt: instant,
  closedAt: instant.nullable(),
  successTime: instant.nullable(),
};

export const orderAnswer = z
  .object({ ...orderFields, notification: z.enum(NOTIFICATION_STATES).nullable() })
  .meta({ id: 'Order', description: 'An order.' });

export const refundAnswer = z
  .object({
    mchid: z.string(),
    outTradeNo: z.string(),
    outRefundNo: z.string(),
    refundId: z.string(),
    refund: fen,
    total: fen,
    reason: z.string().nullable(),
    origin: z.enum(['api', 'merchant_platform']),
    status: z.enum(REFUND_STATUSES),
    createdAt: instant,
    settledAt: instant.nullable(),
    notification: notificationAnswer.nullable(),
  })
  .meta({ id: 'Refund', description: 'A refund with its notification.' });

export const fullOrderAnswer = z
  .object({ ...orderFields, notification: notificationAnswer.nullable(), refunds: z.array(refundAnswer) })
  .meta({
    id: 'FullOrder',
    description: 'An order with its notification, every attempt, and its refunds with theirs.',
  });

export const summaryAnswer = z
  .object({
    orders: z.int(),
    pending: z.int().describe('Notifications of which an attempt is under way or waited for.'),
    delivered: z.int(),
    givenUp: z.int(),
    lost: z.int(),
    attemptsByStatus: z
      .record(z.string(), z.int())
      .readonly()
      .describe('`error` for no answer, `not_sent` for those a fault kept back.'),
    byFault: z
      .partialRecord(z.enum(attemptFaults), z.int())
      .readonly()
      .describe('Attempts befallen; `lost` and `delayed` count notifications.'),
  })
  .meta({ id: 'Summary', description: 'Counts of all notifications.' });

/** One attempt, with what it was about. */
export const callbackAnswer = z
  .object({
    kind: z.enum(['payment', 'refund']),
    mchid: z.string(),
    outTradeNo: z.string(),
    outRefundNo: z.string().nullable(),
    ...attemptFields,
  })
  .meta({ id: 'Callback', description: 'One attempt to deliver a notification.' });

/** An order as a list shows it. */
export const shownOrderAnswer = z
  .object({
    ...orderFields,
    notification: z.enum(NOTIFICATION_STATES).nullable(),
    attempts: z.int().describe('Attempts so far to deliver the notification of its payment.'),
    lastAnswer: z.object(attemptFields).nullable().describe('The last of them.'),
    nextAttemptAt: instant.nullable(),
    refunded: fen,
  })
  .meta({ id: 'ShownOrder', description: 'An order, and how its callback is getting on.' });

export type ShownOrder = z.output<typeof shownOrderAnswer>;
export type FullOrder = z.output<typeof fullOrderAnswer>;
export type RefundAnswer = z.output<typeof refundAnswer>;
export type NotificationAnswer = z.output<typeof notificationAnswer>;
export type AttemptAnswer = NotificationAnswer['attempts'][number];
export type CallbackAnswer = z.output<typeof callbackAnswer>;
