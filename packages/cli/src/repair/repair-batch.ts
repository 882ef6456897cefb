import type { Clock } from '@payguard/shared/clock/clock';
import { appendAudit } from '@payguard/shared/database/audit-log';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import type { Person } from '../commands/person-options.ts';
import type { Backup } from './backup-rows.ts';
import type { RepairedOrder } from './repair-orders.ts';

export type BatchDependencies = { pool: DatabasePool; clock: Clock; person: Person };

/** Records that a repair begins, with the rows as they were. Answers the batch's id. */
export async function beginBatch(
  { pool, clock, person }: BatchDependencies,
  dryRunHash: string,
  backup: Backup,
): Promise<number> {
  const result: { insertId: number } = await pool.query(
    'INSERT INTO repair_batches (started_by, reason, dry_run_hash, started_at, backup) VALUES (?, ?, ?, ?, ?)',
    [person.by, person.reason, dryRunHash, utcText(clock.now()), JSON.stringify(backup)],
  );
  return result.insertId;
}

/** Records what came of it: in the batch's row, and in the audit log for each order and for the batch. */
export async function endBatch(
  { pool, clock, person }: BatchDependencies,
  batch: { id: number; dryRunHash: string; backupFile: string },
  repaired: readonly RepairedOrder[],
): Promise<void> {
  const results = repaired.map(({ mchid, outTradeNo, transactionId, result }) => ({
    mchid,
    out_trade_no: outTradeNo,
    transaction_id: transactionId,
    result,
  }));
  await pool.query('UPDATE repair_batches SET finished_at = ?, results = ? WHERE id = ?', [
    utcText(clock.now()),
    JSON.stringify(results),
    batch.id,
  ]);
  const who = { actor: person.by, reason: person.reason };
  for (const { mchid, outTradeNo, order, after, transactionId, amountThere, result } of repaired) {
    await appendAudit(pool, clock, {
      ...who,
      action: 'repair.order',
      subject: `${mchid}:${outTradeNo}`,
      before: order,
      after: { ...after, batch: batch.id, result, transaction_id: transactionId, amount_at_wechat_pay: amountThere },
    });
  }
  const counts = Object.fromEntries(
    [...Map.groupBy(repaired, ({ result }) => result)].map(([name, { length }]) => [name, length]),
  );
  await appendAudit(pool, clock, {
    ...who,
    action: 'repair.batch',
    subject: `batch:${batch.id}`,
    before: null,
    after: { orders: repaired.length, ...counts, dry_run_hash: batch.dryRunHash, backup_file: batch.backupFile },
  });
}
