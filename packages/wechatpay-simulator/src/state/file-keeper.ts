import type { FaultRecord } from '../faults/fault-record.ts';
import type { Notice } from '../notifications/notice.ts';
import type { Notification } from '../notifications/notification.ts';
import type { Order } from '../orders/order.ts';
import type { Refund } from '../refunds/refund.ts';
import type { Keeper, SettingName } from './keeper.ts';
import { toSavedNotification, toSavedOrder, toSavedRefund } from './saved-forms.ts';
import type { StateFile, StateTable } from './state-file.ts';

interface Change {
  readonly table: StateTable;
  readonly key: string;
  /** Asked when it is written, so that ten changes of a thing in one turn cost one. */
  readonly valueNow: () => unknown;
}

/** The write at the end of this turn. */
interface PlannedWrite {
  readonly written: Promise<void>;
  readonly end: (error?: unknown) => void;
}

export interface FileKeeperOptions {
  readonly seed: string;
  readonly nowMs: () => number;
  /** How many fault records the file holds already. */
  readonly faultRecords: number;
}

/** Keeps what changes in a state file: one transaction for each turn of the event loop in which something changed. */
export class FileKeeper implements Keeper {
  readonly #file: StateFile;
  readonly #options: FileKeeperOptions;
  readonly #changes = new Map<string, Change>();
  #isEmptied = false;
  #isMuted = false;
  #planned: PlannedWrite | undefined;
  /** Fault records have no number of their own; they are kept in the order in which they happen. */
  #faultRecords: number;

  constructor(file: StateFile, options: FileKeeperOptions) {
    this.#file = file;
    this.#options = options;
    this.#faultRecords = options.faultRecords;
    this.#noteOwn();
  }

  orderChanged(order: Order): void {
    const { mchid, outTradeNo } = order.terms;
    this.#note('orders', `${mchid}:${outTradeNo}`, () => toSavedOrder(order));
  }

  refundChanged(refund: Refund): void {
    this.#note('refunds', `${refund.order.terms.mchid}:${refund.terms.outRefundNo}`, () => toSavedRefund(refund));
  }

  notificationChanged(notice: Notice, notification: Notification): void {
    this.#note('notifications', notification.id, () => toSavedNotification(notice, notification));
  }

  faultsSet(of: 'order' | 'refund', number: string, faults: readonly object[]): void {
    this.#note(of === 'order' ? 'order_faults' : 'refund_faults', number, () => faults);
  }

  faultHappened(record: FaultRecord): void {
    if (!this.#isMuted) this.#faultRecords += 1;
    this.#note('fault_records', String(this.#faultRecords), () => record);
  }

  settingChanged(name: SettingName, valueNow: () => unknown): void {
    this.#note('settings', name, valueNow);
  }

  emptied(): void {
    this.#changes.clear();
    this.#faultRecords = 0;
    this.#isEmptied = true;
    this.#noteOwn();
  }

  saved(): Promise<void> {
    return this.#changes.size === 0 ? Promise.resolve() : this.#planWrite().written;
  }

  close(): void {
    try {
      if (this.#changes.size > 0) this.#write();
    } finally {
      this.#changes.clear();
      this.#file.close();
    }
  }

  /** What `work` puts into the simulator comes from the file and is not written again. */
  whileReading<T>(work: () => T): T {
    this.#isMuted = true;
    try {
      return work();
    } finally {
      this.#isMuted = false;
    }
  }

  #noteOwn(): void {
    this.#note('settings', 'seed', () => this.#options.seed);
    this.#note('settings', 'nowMs', this.#options.nowMs);
  }

  #note(table: StateTable, key: string, valueNow: () => unknown): void {
    if (this.#isMuted) return;
    this.#changes.set(`${table} ${key}`, { table, key, valueNow });
    this.#planWrite();
  }

  #planWrite(): PlannedWrite {
    if (this.#planned !== undefined) return this.#planned;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Nobody may be waiting; whoever asks next gets a new try.
    promise.catch(() => undefined);
    this.#planned = { written: promise, end: (error) => (error === undefined ? resolve() : reject(error)) };
    setImmediate(() => this.#writePlanned());
    return this.#planned;
  }

  #writePlanned(): void {
    const planned = this.#planned;
    this.#planned = undefined;
    try {
      if (this.#changes.size > 0) this.#write();
      planned?.end();
    } catch (error) {
      planned?.end(error);
    }
  }

  /** What could not be written stays noted. The time goes along with each write: it is never before what has happened. */
  #write(): void {
    const rows = [...this.#changes.values()].map(({ table, key, valueNow }) => ({ table, key, value: valueNow() }));
    rows.push({ table: 'settings', key: 'nowMs', value: this.#options.nowMs() });
    this.#file.write(rows, { emptyFirst: this.#isEmptied });
    this.#changes.clear();
    this.#isEmptied = false;
  }
}
