import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { lockMismatches, updateMismatches } from '../mismatches/mismatch-rows.ts';
import { insertNotices } from '../notices/notice.ts';
import { planEscalation } from './plan-escalation.ts';

/** Rows of one transaction. */
const BATCH_ROWS = 200;

/**
 * Tells of every mismatch that has been open for longer than a step of the escalation allows. Two processes at once do no
 * harm: the second one waits for the rows, and finds that nothing of them is due.
 */
export async function escalateDue(
  { pool, alerts, clock }: { pool: DatabasePool; alerts: AlertsFile; clock: Clock },
  stopping: AbortSignal,
): Promise<void> {
  let found = BATCH_ROWS;
  while (found === BATCH_ROWS && !stopping.aborted) {
    found = await escalateBatch(pool, alerts, clock.now());
  }
}

/** Every row it finds is not due any more afterwards, so that the next batch holds others. */
async function escalateBatch(pool: DatabasePool, alerts: AlertsFile, now: number): Promise<number> {
  const due: { id: string }[] = await pool.query(
    `SELECT id FROM mismatches WHERE next_escalation_at <= ? ORDER BY next_escalation_at LIMIT ${BATCH_ROWS}`,
    [utcText(now)],
  );
  if (due.length === 0) return 0;
  await inTransaction(pool, async (connection) => {
    const ids = due.map((row) => row.id);
    const locked = await lockMismatches(connection, ids);
    const plans = [...locked.values()].map((record) => planEscalation(record, alerts, now));
    await updateMismatches(
      connection,
      plans.map((plan) => plan.after),
      now,
    );
    await insertNotices(
      connection,
      plans.flatMap((plan) => plan.notices),
      now,
    );
  });
  return due.length;
}
