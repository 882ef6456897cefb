import type { Clock } from '../../clock/clock.ts';
import type { DatabaseConnection } from '../connection-pool.ts';
import { runBatch } from './run-batch.ts';

/**
 * Notes each user's balance and newest ledger row (invariant 2). The user's row is locked first: a shop that changes both
 * in one transaction is then either wholly before or wholly after the baseline. Users that have one are left alone.
 * Returns how many were noted.
 */
export async function takeBaselines(
  connection: DatabaseConnection,
  clock: Clock,
  batchRows: number,
  onBatch: (done: number) => void,
): Promise<number> {
  let lastId = 0;
  let done = 0;
  for (;;) {
    const users = await runBatch(connection, () => takeBatch(connection, clock, lastId, batchRows));
    const last = users.at(-1);
    if (last === undefined) return done;
    lastId = last.id;
    done += users.length;
    onBatch(done);
  }
}

type LockedUser = { id: number; points: number };

async function takeBatch(
  connection: DatabaseConnection,
  clock: Clock,
  afterId: number,
  limit: number,
): Promise<LockedUser[]> {
  const users = await connection.query<LockedUser[]>(
    `SELECT u.id, u.points FROM users u
      WHERE u.id > ? AND NOT EXISTS (SELECT 1 FROM ledger_baselines b WHERE b.user_id = u.id)
      ORDER BY u.id LIMIT ? FOR UPDATE`,
    [afterId, limit],
  );
  if (users.length === 0) return [];
  const newest = await connection.query<{ user_id: number; id: number }[]>(
    'SELECT user_id, MAX(id) AS id FROM point_transactions WHERE user_id IN (?) GROUP BY user_id',
    [users.map((user) => user.id)],
  );
  const newestByUser = new Map(newest.map((row) => [row.user_id, row.id]));
  const takenAt = new Date(clock.now());
  await connection.batch(
    'INSERT INTO ledger_baselines (user_id, balance, last_ledger_id, taken_at) VALUES (?, ?, ?, ?)',
    users.map((user) => [user.id, user.points, newestByUser.get(user.id) ?? 0, takenAt]),
  );
  return users;
}
