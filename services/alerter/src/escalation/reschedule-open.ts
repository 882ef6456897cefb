import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { inTransaction } from '@payguard/shared/database/transaction';
import type { MismatchRecord } from '../mismatches/mismatch-rows.ts';
import { lockMismatches, updateMismatches } from '../mismatches/mismatch-rows.ts';
import { nextEscalationAt } from './plan-escalation.ts';

/** Rows of one transaction. */
const BATCH_ROWS = 200;

/**
 * Brings the time of the next step of every open mismatch in line with alerts.yaml: it was written by the file of that
 * time, which may have had other steps, or none. A row that is right is not written.
 */
export async function rescheduleOpen(
  { pool, alerts, clock }: { pool: DatabasePool; alerts: AlertsFile; clock: Clock },
  stopping: AbortSignal,
): Promise<void> {
  let last: string | undefined = '';
  while (last !== undefined && !stopping.aborted) last = await rescheduleBatch(pool, alerts, clock.now(), last);
}

/** By the index of states: few are open, and those of years are not. Answers the greatest id of the batch, undefined when there is none left. */
async function rescheduleBatch(
  pool: DatabasePool,
  alerts: AlertsFile,
  now: number,
  after: string,
): Promise<string | undefined> {
  const open: { id: string }[] = await pool.query(
    `SELECT id FROM mismatches FORCE INDEX (mismatches_state) WHERE state = 'open' AND id > ? ORDER BY id LIMIT ${BATCH_ROWS}`,
    [after],
  );
  const ids = open.map((row) => row.id);
  await inTransaction(pool, async (connection) => {
    const locked = await lockMismatches(connection, ids);
    const changed = [...locked.values()].flatMap((record) => rescheduled(record, alerts));
    await updateMismatches(connection, changed, now);
  });
  return ids.at(-1);
}

function rescheduled(record: MismatchRecord, alerts: AlertsFile): MismatchRecord[] {
  const nextAt = nextEscalationAt(record.mismatch, record.escalations, alerts);
  return nextAt === record.nextEscalationAt ? [] : [{ ...record, nextEscalationAt: nextAt }];
}
