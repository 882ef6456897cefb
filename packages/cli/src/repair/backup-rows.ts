import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { OrderHere } from './find-orders.ts';

/** Rows as they were, column names once: 10,000 orders stay below what a server takes in one statement. */
type SavedTable = { columns: string[]; rows: unknown[][] };
export type Backup = { taken_at: string } & Record<'payment_orders' | 'users' | 'point_transactions', SavedTable>;

/** Rows in one statement. */
const CHUNK = 500;
/** What users own is nobody else's business on this machine. */
const OWNER_ONLY = 0o600;

const ORDERS = `SELECT id, order_no, out_trade_no, user_id, payment_status, transaction_id, payment_time, notify_time,
    points, bonus_points, updated_at, mchid, appid, amount_total, currency, trade_state, expires_at, credited_at,
    closed_at, refunded_total, points_taken, credit_hold FROM payment_orders WHERE id IN (?) ORDER BY id`;
const USERS = 'SELECT id, points, updated_at FROM users WHERE id IN (?) ORDER BY id';
const LEDGER = `SELECT id, user_id, type, amount, balance_after, order_no, description, created_at, ledger_key, source
    FROM point_transactions`;

/**
 * Reads the rows that crediting these orders will change, in the columns that it changes or finds them by: the orders,
 * their users, and of the append-only ledger the rows that name the orders and each user's newest.
 */
export async function readBackup(
  pool: Pick<DatabasePool, 'query'>,
  orders: readonly OrderHere[],
  now: number,
): Promise<Backup> {
  const users = [...new Set(orders.map((order) => order.user_id))];
  const numbers = [...new Set(orders.flatMap((order) => [order.order_no, order.out_trade_no]))];
  const newest = `${LEDGER} WHERE id IN (SELECT MAX(id) FROM point_transactions WHERE user_id IN (?) GROUP BY user_id)`;
  const named = await readRows(pool, `${LEDGER} WHERE order_no IN (?) ORDER BY id`, numbers);
  const last = await readRows(pool, newest, users);
  return {
    taken_at: new Date(now).toISOString(),
    payment_orders: toTable(
      await readRows(
        pool,
        ORDERS,
        orders.map(({ id }) => id),
      ),
    ),
    users: toTable(await readRows(pool, USERS, users)),
    point_transactions: toTable([...new Map([...named, ...last].map((row) => [row.id, row])).values()]),
  };
}

/** Writes the backup into the folder, made where it is not there yet, and answers the file's path. */
export function saveBackup(folder: string, backup: Backup): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `payguard-repair-${backup.taken_at.replaceAll(':', '-')}.json`);
  // Never over another backup: two runs in the same millisecond are a mistake that must be seen.
  writeFileSync(file, `${JSON.stringify(backup)}\n`, { mode: OWNER_ONLY, flag: 'wx', flush: true });
  return file;
}

type Row = Record<string, unknown>;

async function readRows(
  pool: Pick<DatabasePool, 'query'>,
  sql: string,
  keys: readonly (number | string)[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < keys.length; from += CHUNK) {
    const chunk: Row[] = await pool.query({ sql, dateStrings: true }, [keys.slice(from, from + CHUNK)]);
    rows.push(...chunk);
  }
  return rows;
}

function toTable(rows: readonly Row[]): SavedTable {
  const columns = Object.keys(rows[0] ?? {});
  return { columns, rows: rows.map((row) => columns.map((column) => row[column])) };
}
