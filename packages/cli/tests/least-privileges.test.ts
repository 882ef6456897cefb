import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_PARTS, type DatabasePart } from '../src/grants/database-privileges.ts';
import { type GrantsWorld, openGrantsWorld, tryStatement } from './grants-world.ts';

/** "Command denied" for a table, and for a column of it. */
const DENIED = [1142, 1143];
const POINTS = 'points';

const INSERT_ORDER = `INSERT INTO payment_orders (order_no, out_trade_no, user_id, payment_status, points, bonus_points,
  created_at, updated_at, mchid, appid, amount_total, currency, expires_at`;
const ORDER_VALUES =
  "VALUES ('N', 'N', 1, 'pending', 6, 0, '2026-01-01', '2026-01-01', '1900000109', 'wx', 600, 'CNY', '2026-01-02'";
const LEDGER_ROW =
  "INSERT INTO point_transactions (user_id, type, amount, balance_after) VALUES (1, 'recharge', 600, 1200)";

let world: GrantsWorld;
let pools: Record<string, DatabasePool>;
beforeAll(async () => {
  world = await openGrantsWorld();
  const { pool } = world.database;
  await pool.query('INSERT INTO users (id, points) VALUES (1, 600)');
  await pool.query(`${INSERT_ORDER}) ${ORDER_VALUES})`.replaceAll("'N'", "'FIRST'"));
  await pool.query("INSERT INTO ledger_baselines VALUES (1, 600, 0, '2026-01-01')");
  await pool.query(LEDGER_ROW);
  const { code, stderr } = await world.grants(...world.users);
  if (code !== 0) throw new Error(stderr);
  pools = Object.fromEntries(DATABASE_PARTS.map((part) => [part, world.poolOf(part)]));
});
afterAll(() => world?.close());

async function attempt(part: DatabasePart, sql: string): Promise<number | 'done'> {
  const pool = pools[part];
  if (pool === undefined) throw new Error(`no pool of ${part}`);
  return tryStatement(pool, sql);
}

function allBut(...parts: DatabasePart[]): DatabasePart[] {
  return DATABASE_PARTS.filter((part) => !parts.includes(part));
}

/** What may be done at all, so that a denial below says something. */
const ALLOWED: [DatabasePart, string][] = [
  [POINTS, "UPDATE payment_orders SET payment_status = 'paid', credited_at = '2026-01-01' WHERE id = 1"],
  [POINTS, 'UPDATE users SET points = 1200 WHERE id = 1'],
  [POINTS, LEDGER_ROW],
  ['checkout', `${INSERT_ORDER}) ${ORDER_VALUES})`],
  ['checkout', 'SELECT id FROM payment_orders WHERE id = 1 FOR UPDATE'],
  ['reconciler', 'SELECT id FROM payment_orders WHERE id = 1 LOCK IN SHARE MODE'],
  ['reconciler', "UPDATE refunds SET next_check_at = '2026-01-01'"],
  ['alerter', "UPDATE mismatches SET state = 'resolved'"],
  ['operator', "INSERT INTO audit_log VALUES (1, '2026-01-01', 'a', 'b', 'c', 'd', NULL, NULL, 'e', 'f')"],
];

/** ARCHITECTURE.md: only points writes order status, ledger and balances; only the alerter mismatches; what happened stays. */
const FORBIDDEN: [string, DatabasePart[], string][] = [
  ['marks an order as paid', allBut(POINTS), "UPDATE payment_orders SET payment_status = 'paid'"],
  ['marks an order as credited', allBut(POINTS), "UPDATE payment_orders SET credited_at = '2026-01-01'"],
  ['closes an order', allBut(POINTS), "UPDATE payment_orders SET closed_at = '2026-01-01'"],
  [
    'makes an order that is credited already',
    [...DATABASE_PARTS],
    `${INSERT_ORDER}, credited_at) ${ORDER_VALUES}, '2026-01-01')`,
  ],
  ['makes an order', allBut('checkout'), `${INSERT_ORDER}) ${ORDER_VALUES})`],
  ['changes what an order is worth', [...DATABASE_PARTS], 'UPDATE payment_orders SET points = 60000'],
  ['changes what an order costs', [...DATABASE_PARTS], 'UPDATE payment_orders SET amount_total = 1'],
  ['gives an order to another user', [...DATABASE_PARTS], 'UPDATE payment_orders SET user_id = 2'],
  ['removes an order', [...DATABASE_PARTS], 'DELETE FROM payment_orders'],
  ['changes a balance', allBut(POINTS), 'UPDATE users SET points = points + 600'],
  ['makes or removes a user', [...DATABASE_PARTS], 'DELETE FROM users'],
  ['sees a balance', allBut(POINTS, 'operator'), 'SELECT points FROM users'],
  ["sees a user's name", allBut('operator'), 'SELECT nickname FROM users'],
  ['writes the ledger', allBut(POINTS), LEDGER_ROW],
  ['changes the ledger', [...DATABASE_PARTS], 'UPDATE point_transactions SET amount = 1'],
  ['removes from the ledger', [...DATABASE_PARTS], 'DELETE FROM point_transactions'],
  ['changes a baseline', [...DATABASE_PARTS], 'UPDATE ledger_baselines SET balance = 0'],
  ['removes a baseline', [...DATABASE_PARTS], 'DELETE FROM ledger_baselines'],
  ['writes evidence', allBut(POINTS), "INSERT INTO payment_evidence VALUES (1, 'callback', '2026-01-01')"],
  ['ends a refund', allBut(POINTS), "UPDATE refunds SET status = 'SUCCESS'"],
  ['changes what a refund amounts to', allBut(POINTS), 'UPDATE refunds SET amount = 1'],
  ['settles a mismatch', allBut('alerter'), "UPDATE mismatches SET state = 'dismissed'"],
  ['removes a mismatch', [...DATABASE_PARTS], 'DELETE FROM mismatches'],
  ['changes the audit log', [...DATABASE_PARTS], "UPDATE audit_log SET actor = 'nobody'"],
  ['removes from the audit log', [...DATABASE_PARTS], 'DELETE FROM audit_log'],
  [
    'writes into the audit log',
    allBut('operator'),
    "INSERT INTO audit_log VALUES (1, '2026-01-01', 'a', 'b', 'c', 'd', NULL, NULL, 'e', 'f')",
  ],
  ['removes a repair’s backup', [...DATABASE_PARTS], 'DELETE FROM repair_batches'],
  ['changes a repair’s backup', [...DATABASE_PARTS], "UPDATE repair_batches SET backup = ''"],
  ['removes what waits for its order', allBut(POINTS), 'DELETE FROM parked_events'],
  ['writes the history of migrations', [...DATABASE_PARTS], 'UPDATE _prisma_migrations SET finished_at = NULL'],
  ['changes a table', [...DATABASE_PARTS], 'ALTER TABLE users ADD COLUMN more INT'],
  ['empties a table', [...DATABASE_PARTS], 'TRUNCATE TABLE audit_log'],
  ['puts a trigger', [...DATABASE_PARTS], 'CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW SET NEW.points = 1'],
  ['makes a user of the database', [...DATABASE_PARTS], 'CREATE USER IF NOT EXISTS nobody_else'],
  ['reads the system database', [...DATABASE_PARTS], 'SELECT COUNT(*) FROM mysql.user'],
];

/** CREATE USER: 1227. */
const DENIED_ALL_THE_SAME = [...DENIED, 1227];

describe('the users of the parts', () => {
  it.each(ALLOWED)('%s may: %s', async (part, sql) => {
    expect(await attempt(part, sql)).toBe('done');
  });

  it.each(FORBIDDEN)('nobody %s who has no business to', async (_what, parts, sql) => {
    const outcomes = await Promise.all(parts.map(async (part) => ({ part, outcome: await attempt(part, sql) })));
    expect(outcomes.filter(({ outcome }) => !DENIED_ALL_THE_SAME.includes(Number(outcome)))).toEqual([]);
  });
});
