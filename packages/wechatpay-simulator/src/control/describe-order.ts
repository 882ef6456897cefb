import type { Attempt, Notification } from '../notifications/notification.ts';
import { type Order, payerTotalOf, tradeStateOf } from '../orders/order.ts';
import type { Refund } from '../refunds/refund.ts';

/** An order as the control API lists it. Times are ISO 8601 in UTC. */
export function describeOrder(order: Order) {
  const { terms, payment, notification } = order;
  return {
    mchid: terms.mchid,
    outTradeNo: terms.outTradeNo,
    tradeType: terms.tradeType,
    total: terms.total,
    description: terms.description,
    notifyUrl: terms.notifyUrl,
    codeUrl: terms.tradeType === 'NATIVE' ? order.prepayHandle : null,
    prepayId: terms.tradeType === 'NATIVE' ? null : order.prepayHandle,
    tradeState: tradeStateOf(order),
    transactionId: payment?.transactionId ?? null,
    payerTotal: payment === undefined ? null : payerTotalOf(terms.total, payment),
    createdAt: toIso(order.createdAtMs),
    expiresAt: toIso(terms.expiresAtMs),
    closedAt: order.closedAtMs === undefined ? null : toIso(order.closedAtMs),
    successTime: payment === undefined ? null : toIso(payment.successTimeMs),
    notification: notification?.state ?? null,
  };
}

/** An order with its notification, every attempt, and its refunds with theirs. */
export function describeOrderFully(order: Order) {
  return {
    ...describeOrder(order),
    notification: describeNotification(order.notification),
    refunds: order.refunds.map(describeRefundFully),
  };
}

/** A refund with its notification and every attempt. */
export function describeRefundFully(refund: Refund) {
  return {
    mchid: refund.order.terms.mchid,
    outTradeNo: refund.order.terms.outTradeNo,
    outRefundNo: refund.terms.outRefundNo,
    refundId: refund.refundId,
    refund: refund.terms.refund,
    total: refund.terms.total,
    reason: refund.terms.reason ?? null,
    origin: refund.terms.origin,
    status: refund.status,
    createdAt: toIso(refund.createdAtMs),
    settledAt: refund.settledAtMs === undefined ? null : toIso(refund.settledAtMs),
    notification: describeNotification(refund.notification),
  };
}

function describeNotification(notification: Notification | undefined) {
  if (notification === undefined) return null;
  return {
    id: notification.id,
    state: notification.state,
    faults: notification.faults,
    nextAttemptAt: notification.nextAttempt === undefined ? null : toIso(notification.nextAttempt.dueMs),
    attempts: notification.attempts.map(describeAttempt),
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
