import type { FaultRecord } from '../faults/fault-record.ts';
import type { Notice } from '../notifications/notice.ts';
import type { Notification } from '../notifications/notification.ts';
import type { Order } from '../orders/order.ts';
import type { Refund } from '../refunds/refund.ts';

/** What there is one of in a simulator. */
export type SettingName = 'seed' | 'nowMs' | 'faultRates' | 'v2NotifyUrls' | 'apiFaults' | 'outages' | 'billFaults';

/**
 * Is told what has changed, and keeps it over restarts. Costs next to nothing to tell: what is told in one turn of the
 * event loop is written together at its end, each thing as it stands then.
 */
export interface Keeper {
  orderChanged(order: Order): void;
  refundChanged(refund: Refund): void;
  notificationChanged(notice: Notice, notification: Notification): void;
  /** Faults were set ahead for an out_trade_no or out_refund_no. */
  faultsSet(of: 'order' | 'refund', number: string, faults: readonly object[]): void;
  faultHappened(record: FaultRecord): void;
  settingChanged(name: SettingName, valueNow: () => unknown): void;
  /** Everything was forgotten, except for the seed and the time. */
  emptied(): void;
  /**
   * Resolves when all that was told until now would survive the end of the process. Await it before telling anybody
   * outside. Rejects with one sentence when it cannot be written; the next call tries again.
   */
  saved(): Promise<void>;
  /** Writes what is left and lets go of the file. Throws one sentence when it cannot. May be called twice. */
  close(): void;
}

/** Keeps nothing: a simulator without a state directory lives in memory. */
export const FORGETFUL: Keeper = {
  orderChanged: () => undefined,
  refundChanged: () => undefined,
  notificationChanged: () => undefined,
  faultsSet: () => undefined,
  faultHappened: () => undefined,
  settingChanged: () => undefined,
  emptied: () => undefined,
  saved: async () => undefined,
  close: () => undefined,
};
