import { setTimeout as delay } from 'node:timers/promises';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import { utcText } from '@payguard/shared/database/multi-row';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Counts } from '../counts.ts';
import type { ClaimedCheck } from './claim-orders.ts';
import type { NextCheck } from './next-order-check.ts';

/** What becomes of a claimed row: its next check, or nothing more (the order is final, or gone). */
export type SettledCheck = { check: ClaimedCheck; next: NextCheck | 'none' };

export type CheckWriter = {
  /** Resolves when it is written, or when it no longer matters: the lease ends by itself. Never rejects. */
  settle(settled: SettledCheck): Promise<void>;
};

type Waiting = { settled: SettledCheck; done(): void };

/** One statement; a row is some 300 bytes of JSON. */
const MAX_BATCH = 500;
/** Before each try: a deadlock is over at once, a restarted database in seconds; then the leases bring the rows back. */
const WAITS_MS = [0, 50, 500, 2_000];

/** Writes what became of claimed rows, all that wait in one statement. Only for who still holds them (fencing). */
export function createCheckWriter(options: { pool: DatabasePool; log: Logger; counts: Counts }): CheckWriter {
  let line: Waiting[] = [];
  let writing = false;

  const writeAll = async (): Promise<void> => {
    writing = true;
    while (line.length > 0) {
      const batch = line.slice(0, MAX_BATCH);
      line = line.slice(MAX_BATCH);
      await writeWithRetries(batch.map(({ settled }) => settled));
      for (const { done } of batch) done();
    }
    writing = false;
  };

  const writeWithRetries = async (batch: readonly SettledCheck[]): Promise<void> => {
    for (const waitMs of WAITS_MS) {
      await delay(waitMs);
      try {
        const written = await writeBatch(options.pool, batch);
        options.counts.add('fenced_out', batch.length - written);
        return;
      } catch (err) {
        options.log.warn({ err, rows: batch.length }, 'next checks are not written yet');
        if (!isRetriableDatabaseError(err)) return;
      }
    }
  };

  return {
    settle(settled) {
      return new Promise((done) => {
        line.push({ settled, done });
        // After this turn of the event loop, so that answers read in the same turn share a statement.
        if (!writing) setImmediate(() => (writing ? undefined : void writeAll()));
      });
    },
  };
}

/** Answers how many rows were still ours. */
async function writeBatch(pool: DatabasePool, batch: readonly SettledCheck[]): Promise<number> {
  const planned = batch.flatMap(({ check, next }) => (next === 'none' ? [] : [{ check, next }]));
  let written = planned.length === 0 ? 0 : await advance(pool, planned);
  for (const { check, next } of batch) if (next === 'none') written += await forget(pool, check);
  return written;
}

/**
 * Rows in id order, so that two polls and points lock them in one order. What points made due while we asked (something
 * was parked for the order) stays due.
 */
async function advance(pool: DatabasePool, planned: { check: ClaimedCheck; next: NextCheck }[]): Promise<number> {
  const inOrder = planned.toSorted((a, b) => a.check.orderId - b.check.orderId);
  const result: { affectedRows: number } = await pool.query(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
         order_id BIGINT PATH '$.orderId' ERROR ON ERROR,
         token VARCHAR(128) PATH '$.token' ERROR ON ERROR,
         held_until DATETIME(3) PATH '$.heldUntil' ERROR ON ERROR,
         next_check_at DATETIME(3) PATH '$.nextCheckAt' ERROR ON ERROR,
         lane INT PATH '$.lane' ERROR ON ERROR,
         attempts INT PATH '$.attempts' ERROR ON ERROR,
         confirmed_at DATETIME(3) PATH '$.confirmedAt' ERROR ON ERROR,
         reported_at DATETIME(3) PATH '$.reportedAt' ERROR ON ERROR,
         missing_since DATETIME(3) PATH '$.missingSince' ERROR ON ERROR
       )) AS v
       STRAIGHT_JOIN order_checks c ON c.order_id = v.order_id AND c.lease_by = v.token
     SET c.next_check_at = IF(c.next_check_at < v.held_until, LEAST(c.next_check_at, v.next_check_at), v.next_check_at),
         c.lane = v.lane, c.attempts = c.attempts + v.attempts, c.lease_by = NULL, c.lease_until = NULL,
         c.confirmed_at = v.confirmed_at, c.reported_at = v.reported_at, c.missing_since = v.missing_since`,
    [JSON.stringify(inOrder.map(toRow))],
  );
  return result.affectedRows;
}

function toRow({ check, next }: { check: ClaimedCheck; next: NextCheck }) {
  return {
    orderId: check.orderId,
    token: check.lease.token,
    heldUntil: utcText(check.lease.until),
    nextCheckAt: utcText(next.nextCheckAt),
    lane: next.lane,
    attempts: next.isAttempt ? 1 : 0,
    confirmedAt: utcText(next.confirmedAt),
    reportedAt: utcText(next.reportedAt),
    missingSince: utcText(next.missingSince),
  };
}

/** Not if it was made due in the meantime: something new has come up. */
async function forget(pool: DatabasePool, { orderId, lease }: ClaimedCheck): Promise<number> {
  const result: { affectedRows: number } = await pool.query(
    'DELETE FROM order_checks WHERE order_id = ? AND lease_by = ? AND next_check_at = ?',
    [orderId, lease.token, utcText(lease.until)],
  );
  return result.affectedRows;
}
