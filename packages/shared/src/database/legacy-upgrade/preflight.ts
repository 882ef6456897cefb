import type { DatabaseConnection } from '../connection-pool.ts';
import { MAX_EXAMPLES, type Refusal, refusal } from '../refusal.ts';
import { checkLegacyOptions, type LegacyOptions } from './legacy-options.ts';
import { mapLegacyStatus } from './map-legacy-status.ts';

/**
 * Everything that would make the upgrade fail or guess, found before anything is changed. Reads only.
 * Works before and after the migration that adds payguard's columns (a killed upgrade begins here again).
 */
export async function findLegacyProblems(connection: DatabaseConnection, options: LegacyOptions): Promise<Refusal[]> {
  const wrong = checkLegacyOptions(options);
  if (wrong.length > 0) return wrong;
  return [
    ...(await findMissingIdentity(connection, options)),
    ...(await findOtherIdentity(connection, options)),
    ...(await findMissingAmountColumn(connection, options)),
    ...(await findUnknownStatuses(connection)),
    ...(await findUnusableOrderNumbers(connection)),
    ...(await findDuplicates(connection, 'out_trade_no', 'two orders share it; give one of them another number')),
    ...(await findDuplicates(connection, 'transaction_id', 'two orders claim one payment; empty it on the wrong one')),
  ];
}

async function findMissingIdentity(connection: DatabaseConnection, options: LegacyOptions): Promise<Refusal[]> {
  if (options.mchid !== null && options.appid !== null) return [];
  const orders = await connection.query<unknown[]>('SELECT id FROM payment_orders LIMIT 1');
  if (orders.length === 0) return [];
  return [
    refusal(
      'There are orders from before payguard: say whose they are with --mchid and --appid (both, as WeChat shows them).',
    ),
  ];
}

/** A killed upgrade that is started again with another merchant would leave a shop with two. */
async function findOtherIdentity(connection: DatabaseConnection, options: LegacyOptions): Promise<Refusal[]> {
  if (options.mchid === null || !(await hasColumn(connection, 'mchid'))) return [];
  const others = await connection.query<{ mchid: string; appid: string }[]>(
    'SELECT mchid, appid FROM payment_orders WHERE mchid <> ? OR appid <> ? LIMIT 1',
    [options.mchid, options.appid],
  );
  return others.map((other) =>
    refusal(`The upgrade began with --mchid ${other.mchid} --appid ${other.appid}: run it to its end with the same.`),
  );
}

async function findMissingAmountColumn(connection: DatabaseConnection, options: LegacyOptions): Promise<Refusal[]> {
  const { amountColumn } = options;
  if (amountColumn === null || (await hasColumn(connection, amountColumn))) return [];
  return [
    refusal(
      `--amount-column ${amountColumn} is no column of payment_orders: name the one that holds the amount, or leave it out.`,
    ),
  ];
}

async function hasColumn(connection: DatabaseConnection, column: string): Promise<boolean> {
  const rows = await connection.query<unknown[]>(
    `SELECT column_name FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'payment_orders' AND column_name = ?`,
    [column],
  );
  return rows.length > 0;
}

/** A shop has a dozen statuses; a column full of different words is no status, and its first page says so. */
const MAX_STATUSES = 1_000;

async function findUnknownStatuses(connection: DatabaseConnection): Promise<Refusal[]> {
  const statuses = await connection.query<{ status: string | null; orders: number }[]>(
    `SELECT payment_status AS status, COUNT(*) AS orders FROM payment_orders
      GROUP BY payment_status ORDER BY payment_status LIMIT ?`,
    [MAX_STATUSES],
  );
  const unknown = statuses.filter((row) => mapLegacyStatus(row.status) === null);
  if (unknown.length === 0) return [];
  return [
    refusal(
      'payment_orders.payment_status holds words payguard does not know: ' +
        'change them to pending, paid, failed, cancelled, refunded or expired.',
      unknown.map((row) => `'${row.status}' on ${row.orders} orders`),
    ),
  ];
}

/** WeChat Pay takes 6 to 32 characters; 64 is what our columns hold. */
async function findUnusableOrderNumbers(connection: DatabaseConnection): Promise<Refusal[]> {
  const rows = await connection.query<{ place: string; id: number }[]>(
    `SELECT 'order' AS place, id FROM payment_orders
      WHERE order_no IS NULL OR out_trade_no IS NULL OR CHAR_LENGTH(order_no) > 64 OR CHAR_LENGTH(out_trade_no) > 64
         OR CHAR_LENGTH(transaction_id) > 64
      UNION ALL
     SELECT 'ledger row' AS place, id FROM point_transactions WHERE CHAR_LENGTH(order_no) > 64
      LIMIT ?`,
    [MAX_EXAMPLES],
  );
  if (rows.length === 0) return [];
  return [
    refusal(
      'Some rows have no order_no or out_trade_no, or a number longer than 64 characters: correct or remove them.',
      rows.map((row) => `${row.place} id ${row.id}`),
    ),
  ];
}

/** Compares as the unique keys will: byte by byte, upper case and lower case being different. */
async function findDuplicates(
  connection: DatabaseConnection,
  column: 'out_trade_no' | 'transaction_id',
  remedy: string,
): Promise<Refusal[]> {
  const exact = `CONVERT(TRIM(${column}) USING utf8mb4) COLLATE utf8mb4_bin`;
  const rows = await connection.query<{ value: string; orders: number; first_id: number; last_id: number }[]>(
    `SELECT ${exact} AS value, COUNT(*) AS orders, MIN(id) AS first_id, MAX(id) AS last_id FROM payment_orders
      WHERE TRIM(${column}) <> '' OR '${column}' = 'out_trade_no'
      GROUP BY ${exact} HAVING COUNT(*) > 1 ORDER BY MIN(id) LIMIT ?`,
    [MAX_EXAMPLES],
  );
  if (rows.length === 0) return [];
  return [
    refusal(
      `payment_orders.${column} holds duplicates: ${remedy}.`,
      rows.map((row) => `'${row.value}' on ${row.orders} orders (ids ${row.first_id} to ${row.last_id})`),
    ),
  ];
}
