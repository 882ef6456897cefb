import type { DatabasePool } from '../database/connection-pool.ts';
import { BUDGET_SHARES, type BudgetShare, slotIntervalUs } from './budget-shares.ts';

/** Consecutive moments (ms UTC, fractions included) at which a request may go out. */
export type ReservedSlots = { from: number; intervalMs: number; count: number };

export type SlotOwner = { mchid: string; share: BudgetShare; requestsPerSecond: number };

/**
 * What a share left unused in the last half second it may make up for; what it left unused before belongs to whoever
 * asks. In any minute that is at most half a second's worth too much: 0.9 %.
 */
const CREDIT_US = 500_000;
/** Nobody reserves further ahead: what a killed process held is lost, and others want their turn. */
const HORIZON_US = 500_000;
/** How much of another share's unused time is taken at once. */
const BORROWED_AT_ONCE_US = 100_000;

/**
 * Reserves up to `wanted` slots of the owner's share, else some that another share has let pass; undefined when neither
 * has any now. One statement each: the row's lock is all the agreement that processes need.
 */
export async function reserveSlots(
  pool: Pick<DatabasePool, 'query'>,
  owner: SlotOwner,
  wanted: number,
  now: number,
): Promise<ReservedSlots | undefined> {
  const nowUs = Math.floor(now * 1_000);
  const own = await reserveOwn(pool, owner, wanted, nowUs);
  if (own !== undefined) return own;
  for (const share of BUDGET_SHARES.filter((other) => other !== owner.share)) {
    const borrowed = await borrow(pool, { ...owner, share }, wanted, nowUs);
    if (borrowed !== undefined) return borrowed;
  }
  return undefined;
}

async function reserveOwn(
  pool: Pick<DatabasePool, 'query'>,
  owner: SlotOwner,
  wanted: number,
  nowUs: number,
): Promise<ReservedSlots | undefined> {
  const intervalUs = slotIntervalUs(owner.share, owner.requestsPerSecond);
  const count = Math.max(1, Math.min(wanted, Math.floor(HORIZON_US / intervalUs)));
  return advance(pool, owner, { intervalUs, count, notBeforeUs: nowUs - CREDIT_US, latestUs: nowUs + HORIZON_US });
}

async function borrow(
  pool: Pick<DatabasePool, 'query'>,
  lender: SlotOwner,
  wanted: number,
  nowUs: number,
): Promise<ReservedSlots | undefined> {
  const intervalUs = slotIntervalUs(lender.share, lender.requestsPerSecond);
  const count = Math.max(1, Math.min(wanted, Math.floor(BORROWED_AT_ONCE_US / intervalUs)));
  const passedUs = nowUs - CREDIT_US;
  return advance(pool, lender, {
    intervalUs,
    count,
    notBeforeUs: passedUs - 2 * count * intervalUs,
    latestUs: passedUs - count * intervalUs,
  });
}

type Advance = { intervalUs: number; count: number; notBeforeUs: number; latestUs: number };

/** Moves the share's next slot on, unless it lies after `latestUs`; answers the slots in between. */
async function advance(
  pool: Pick<DatabasePool, 'query'>,
  { mchid, share }: SlotOwner,
  { intervalUs, count, notBeforeUs, latestUs }: Advance,
): Promise<ReservedSlots | undefined> {
  const width = count * intervalUs;
  // LAST_INSERT_ID(x) hands x back with the statement's own answer, in MySQL and MariaDB alike.
  const result: { affectedRows: number; insertId: number } = await pool.query(
    `UPDATE request_budgets SET next_slot_us = LAST_INSERT_ID(GREATEST(next_slot_us, ?) + ?)
      WHERE mchid = ? AND share = ? AND next_slot_us <= ?`,
    [notBeforeUs, width, mchid, share, latestUs],
  );
  if (result.affectedRows === 0) return undefined;
  return { from: (result.insertId - width) / 1_000, intervalMs: intervalUs / 1_000, count };
}

/** Makes the rows that a merchant's reservations move. Safe to run twice and by many at once. */
export async function ensureBudget(pool: Pick<DatabasePool, 'query'>, mchid: string, now: number): Promise<void> {
  const nowUs = Math.floor(now * 1_000);
  await pool.query(
    `INSERT INTO request_budgets (mchid, share, next_slot_us) VALUES ${BUDGET_SHARES.map(() => '(?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE next_slot_us = next_slot_us`,
    BUDGET_SHARES.flatMap((share) => [mchid, share, nowUs]),
  );
}
