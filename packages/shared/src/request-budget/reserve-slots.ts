import type { DatabasePool } from '../database/connection-pool.ts';
import { inTransaction } from '../database/transaction.ts';
import { BUDGET_SHARES, type BudgetShare } from './budget-shares.ts';
import { type NextSlots, planReservation } from './plan-reservation.ts';

export type SlotOwner = { mchid: string; share: BudgetShare; requestsPerSecond: number };

/**
 * Reserves up to `wanted` moments (ms UTC) for requests of the owner; none when there is nothing free now. The lock on the
 * merchant's rows is all the agreement that processes need. Throws what the database throws.
 */
export async function reserveSlots(
  pool: DatabasePool,
  owner: SlotOwner,
  wanted: number,
  now: number,
): Promise<number[]> {
  return inTransaction(pool, async (connection) => {
    const nowUs = Math.floor(now * 1_000);
    const rows: { share: BudgetShare; next_slot_us: number }[] = await connection.query(
      'SELECT share, next_slot_us FROM request_budgets WHERE mchid = ? ORDER BY share FOR UPDATE',
      [owner.mchid],
    );
    const before = toNextSlots(rows, nowUs);
    const { slots, next } = planReservation(before, owner, wanted, nowUs);
    for (const share of BUDGET_SHARES.filter((each) => next[each] !== before[each])) {
      await connection.query('UPDATE request_budgets SET next_slot_us = ? WHERE mchid = ? AND share = ?', [
        next[share],
        owner.mchid,
        share,
      ]);
    }
    return slots;
  });
}

function toNextSlots(rows: readonly { share: BudgetShare; next_slot_us: number }[], nowUs: number): NextSlots {
  const known = new Map(rows.map((row) => [row.share, row.next_slot_us]));
  const of = (share: BudgetShare) => known.get(share) ?? nowUs;
  return { poll: of('poll'), checkout: of('checkout'), operators: of('operators') };
}

/** Makes the rows that a merchant's reservations move. Safe to run twice and by many at once. */
export async function ensureBudget(pool: Pick<DatabasePool, 'query'>, mchid: string, now: number): Promise<void> {
  const nowUs = Math.floor(now * 1_000);
  // In the order in which a reservation locks them: in another one the two would deadlock.
  const shares = BUDGET_SHARES.toSorted();
  await pool.query(
    `INSERT INTO request_budgets (mchid, share, next_slot_us) VALUES ${shares.map(() => '(?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE next_slot_us = next_slot_us`,
    shares.flatMap((share) => [mchid, share, nowUs]),
  );
}
