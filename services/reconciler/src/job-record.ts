import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import type { Counts } from './counts.ts';

/**
 * A run as others see it: a row in job_runs, and its counts in job_totals, which points exposes. `requests` stand in
 * job_totals alone: too many for whoever reads about one run.
 */
export type JobRecord = {
  /** Writes what has been counted since the last time. Throws what the database throws; nothing is lost by that. */
  write(now: number, outcome: JobOutcome): Promise<void>;
};

export type JobOutcome = 'running' | 'ended' | 'stopped';

const NONE = { all: () => ({}) };

export function openJobRecord(
  pool: DatabasePool,
  run: { job: string; runBy: string; startedAt: number },
  counts: Counts,
  requests: Pick<Counts, 'all'> = NONE,
): JobRecord {
  let id: number | undefined;
  let written: Record<string, number> = {};
  return {
    async write(now, outcome) {
      const all = counts.all();
      const totals = { ...all, ...requests.all() };
      const finishedAt = outcome === 'running' ? null : utcText(now);
      id = await inTransaction(pool, async (connection) => {
        const added = Object.entries(totals).map(([name, value]) => [run.job, name, value - (written[name] ?? 0)]);
        if (added.length > 0) {
          await insertRows(
            connection,
            'INSERT INTO job_totals (job, name, value) VALUES',
            added,
            'ON DUPLICATE KEY UPDATE value = value + VALUES(value)',
          );
        }
        if (id !== undefined) {
          await connection.query('UPDATE job_runs SET finished_at = ?, outcome = ?, counts = ? WHERE id = ?', [
            finishedAt,
            outcome,
            JSON.stringify(all),
            id,
          ]);
          return id;
        }
        return insertRows(
          connection,
          'INSERT INTO job_runs (job, run_by, started_at, finished_at, outcome, counts) VALUES',
          [[run.job, run.runBy, utcText(run.startedAt), finishedAt, outcome, JSON.stringify(all)]],
        );
      });
      written = totals;
    },
  };
}
