import type { Attempt } from '../notifications/notification.ts';
import { type Order, tradeStateOf } from '../orders/order.ts';

/** An order as the control API lists it. Times are ISO 8601 in UTC. */
export function describeOrder(order: Order) {
  const { terms, payment, notification } = order;
  return {
    mchid: terms.mchid,
    outTradeNo: terms.outTradeNo,
    total: terms.total,
    notifyUrl: terms.notifyUrl,
    codeUrl: order.codeUrl,
    tradeState: tradeStateOf(order),
    transactionId: payment?.transactionId ?? null,
    createdAt: toIso(order.createdAtMs),
    successTime: payment === undefined ? null : toIso(payment.successTimeMs),
    notification: notification?.state ?? null,
  };
}

/** An order with its notification and every attempt. */
export function describeOrderFully(order: Order) {
  const { notification } = order;
  if (notification === undefined) return { ...describeOrder(order), notification: null };
  return {
    ...describeOrder(order),
    notification: {
      id: notification.id,
      state: notification.state,
      faults: notification.faults,
      nextAttemptAt: notification.nextAttempt === undefined ? null : toIso(notification.nextAttempt.dueMs),
      attempts: notification.attempts.map(describeAttempt),
    },
  };
}

function describeAttempt(attempt: Attempt) {
  return {
    number: attempt.number,
    copy: attempt.copy,
    at: toIso(attempt.atMs),
    fault: attempt.fault ?? null,
    sent: attempt.sent,
    status: attempt.status ?? null,
    ms: attempt.ms,
    error: attempt.error ?? null,
  };
}

export function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
