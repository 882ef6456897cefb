import { awaitPaymentAfterClose } from '../faults/close-race.ts';
import { awaitLatePayment } from '../faults/late-payment.ts';
import { type Notice, orderOf } from '../notifications/notice.ts';
import type { Notification } from '../notifications/notification.ts';
import { NO_REFUNDS, type Order } from '../orders/order.ts';
import { followCourse } from '../refunds/refund-order.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { restoreFaults } from './restore-faults.ts';
import {
  type SavedNotification,
  type SavedRefund,
  savedNotificationSchema,
  savedOrderSchema,
  savedRefundSchema,
} from './saved-forms.ts';
import type { StateFile } from './state-file.ts';

/**
 * Puts what a state file holds into new parts. What it gives back starts all that was waiting: what is overdue at once,
 * in the order in which it was due. Throws StateFileError when something in the file makes no sense.
 */
export function restoreParts(
  file: StateFile,
  settings: ReadonlyMap<string, unknown>,
  parts: SimulatorParts,
): () => void {
  file.each('orders', (value) =>
    parts.orders.add({ ...savedOrderSchema.parse(value), notification: undefined, refunds: NO_REFUNDS }),
  );
  file.each('refunds', (value) => restoreRefund(parts, savedRefundSchema.parse(value)));
  restoreFaults(file, settings, parts);
  const waiting: Restored[] = [];
  file.each('notifications', (value) => {
    const restored = restoreNotification(parts, savedNotificationSchema.parse(value));
    if (restored.notification.state === 'pending') waiting.push(restored);
  });
  return () => resumeAll(parts, waiting);
}

function restoreRefund(parts: SimulatorParts, { mchid, outTradeNo, ...refund }: SavedRefund): void {
  const order = parts.orders.find(mchid, outTradeNo);
  if (order === undefined) throw new Error(`its order ${outTradeNo} is missing`);
  parts.refunds.add({ ...refund, order, notification: undefined });
}

interface Restored {
  readonly notice: Notice;
  readonly notification: Notification;
  readonly dueMs: number;
}

function restoreNotification(parts: SimulatorParts, saved: SavedNotification): Restored {
  const { notice: savedNotice, dueMs, ...fields } = saved;
  const notice = findNotice(parts, savedNotice);
  const notification: Notification = { ...fields, nextAttempt: undefined };
  parts.deliveries.restore(notice, notification);
  return { notice, notification, dueMs: dueMs ?? parts.clock.now() };
}

function findNotice(parts: SimulatorParts, saved: SavedNotification['notice']): Notice {
  if (saved.kind === 'payment') {
    const order = parts.orders.find(saved.mchid, saved.outTradeNo);
    if (order?.payment === undefined) throw new Error(`its payment of ${saved.outTradeNo} is missing`);
    return { kind: 'payment', order, payment: order.payment };
  }
  const { mchid, outRefundNo, ...rest } = saved;
  const refund = parts.refunds.find(mchid, outRefundNo);
  if (refund === undefined) throw new Error(`its refund ${outRefundNo} is missing`);
  return { ...rest, refund };
}

function resumeAll(parts: SimulatorParts, waiting: readonly Restored[]): void {
  for (const { notice, notification, dueMs } of waiting.toSorted((a, b) => a.dueMs - b.dueMs)) {
    // The state may hold merchants that this start does not know; they wait for one that does.
    const merchant = parts.merchants.get(orderOf(notice).terms.mchid);
    if (merchant !== undefined) parts.deliveries.resume(notice, merchant, notification, dueMs);
  }
  for (const refund of parts.refunds.all()) if (refund.status === 'PROCESSING') followCourse(parts, refund);
  for (const order of parts.orders.all()) if (order.payment === undefined) resumePlannedPayment(parts, order);
}

function resumePlannedPayment(parts: SimulatorParts, order: Order): void {
  const { plannedPayment } = order;
  if (plannedPayment === undefined) return;
  if (plannedPayment.fault === 'late_payment') awaitLatePayment(parts, order, plannedPayment.dueMs);
  else awaitPaymentAfterClose(parts, order, plannedPayment.dueMs);
}
