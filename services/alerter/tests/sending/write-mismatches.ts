import { createHash } from 'node:crypto';
import type { Severity } from '@payguard/shared/alerting/alert-message';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { insertNotices, type NewNotice } from '../../src/notices/notice.ts';

export type NewMismatches = {
  channels: readonly string[];
  /** Order numbers; each mismatch has its id from one. */
  orders: readonly string[];
  severity: Severity;
  now: number;
  /** ms UTC; unset: now. */
  dueAt?: number;
};

/** Open mismatches and their notices in one transaction, as the receiving half writes them; answers the ids. */
export async function writeMismatches(pool: DatabasePool, mismatches: NewMismatches): Promise<string[]> {
  const { channels, orders, now } = mismatches;
  const ids = orders.map((order) => createHash('sha256').update(order).digest('hex').slice(0, 32));
  const notices = channels.flatMap((channel) => ids.map((id) => openedNotice(channel, id, mismatches)));
  await inTransaction(pool, async (connection) => {
    const rows = ids.map((id, index) => mismatchRow(id, orders[index] ?? '', now));
    await insertRows(connection, INSERT_MISMATCHES, rows);
    await insertNotices(connection, notices, now);
  });
  return ids;
}

const INSERT_MISMATCHES = `INSERT INTO mismatches
  (id, kind, state, mchid, out_trade_no, system_status, wechat_status, system_amount, wechat_amount,
   detected_at, state_at, received_at) VALUES`;

function mismatchRow(id: string, order: string, now: number) {
  const at = utcText(now);
  const facts = ['paid_not_recorded', 'open', '1900000109', order, 'pending', 'SUCCESS', 100, 100];
  return [id, ...facts, at, at, at];
}

function openedNotice(channel: string, id: string, { severity, now, dueAt = now }: NewMismatches): NewNotice {
  return {
    ...{ channel, dedupeKey: `mismatch:${id}:opened`, subject: { kind: 'mismatch', id }, news: 'opened' },
    ...{ severity, dueAt, traceparent: undefined },
  };
}
