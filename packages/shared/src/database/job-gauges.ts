import type { DatabasePool } from './connection-pool.ts';
import { utcText } from './multi-row.ts';

/** A figure that a process without metrics of its own has seen; points exports the last one of each name and label. */
export type JobGauge = {
  /** At most 64 characters; the metric without its prefix `payguard_`, unit included. */
  name: string;
  /** The one label's value, at most 255 characters; '' for none. */
  label: string;
  value: number;
  /** ms UTC. */
  observedAt: number;
};

/** Keeps the figure, unless a later one is there already: runs overlap. Throws what the database throws. */
export async function writeJobGauge(
  pool: Pick<DatabasePool, 'query'>,
  { name, label, value, observedAt }: JobGauge,
): Promise<void> {
  await pool.query(
    `INSERT INTO job_gauges (name, label, value, observed_at) VALUES (?, ?, ?, ?)
     ON DUPLICATE KEY UPDATE
       value = IF(VALUES(observed_at) >= observed_at, VALUES(value), value),
       observed_at = GREATEST(observed_at, VALUES(observed_at))`,
    [name, label, value, utcText(observedAt)],
  );
}
