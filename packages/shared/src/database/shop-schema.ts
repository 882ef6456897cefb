import type { DatabaseConnection } from './connection-pool.ts';
import type { Migration } from './read-migrations.ts';
import { type Refusal, refusal } from './refusal.ts';

/** What lies in a database that has no history of ours. */
export type DatabaseContents =
  | { kind: 'empty' }
  /** A shop's own tables: baselined at the first migration, then upgraded in place. */
  | { kind: 'shop' }
  | { kind: 'refused'; refusals: Refusal[] };

/** What payguard reads and writes of the shop's schema; further columns of the shop's own are left alone. */
const SHOP_COLUMNS: Record<string, readonly string[]> = {
  users: ['id', 'points'],
  payment_orders: [
    'id',
    'order_no',
    'out_trade_no',
    'user_id',
    'payment_status',
    'transaction_id',
    'payment_time',
    'notify_time',
    'points',
    'bonus_points',
    'created_at',
    'updated_at',
  ],
  point_transactions: ['id', 'user_id', 'type', 'amount', 'balance_after', 'order_no', 'description', 'created_at'],
};

/** Looks at the tables and decides whether this is nothing, a shop, or something payguard must not touch. */
export async function inspectDatabase(
  connection: DatabaseConnection,
  migrations: readonly Migration[],
): Promise<DatabaseContents> {
  const columns = await readColumns(connection);
  columns.delete('_prisma_migrations');
  if (columns.size === 0) return { kind: 'empty' };
  const missing = findMissing(columns);
  if (missing.length > 0) return { kind: 'refused', refusals: missing };
  const taken = findTaken(columns, await readIndexes(connection), migrations.slice(1));
  return taken.length > 0 ? { kind: 'refused', refusals: taken } : { kind: 'shop' };
}

type Columns = Map<string, Map<string, string>>;

async function readColumns(connection: DatabaseConnection): Promise<Columns> {
  const rows = await connection.query<{ table_name: string; column_name: string; data_type: string }[]>(
    `SELECT c.table_name AS table_name, c.column_name AS column_name, c.data_type AS data_type
       FROM information_schema.columns c
       JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
      WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'`,
  );
  const tables: Columns = new Map();
  for (const row of rows) {
    const table = tables.get(row.table_name) ?? new Map<string, string>();
    tables.set(row.table_name, table.set(row.column_name, row.data_type.toLowerCase()));
  }
  return tables;
}

async function readIndexes(connection: DatabaseConnection): Promise<Set<string>> {
  const rows = await connection.query<{ name: string }[]>(
    `SELECT DISTINCT CONCAT(table_name, '.', index_name) AS name FROM information_schema.statistics
      WHERE table_schema = DATABASE()`,
  );
  return new Set(rows.map((row) => row.name));
}

function findMissing(found: Columns): Refusal[] {
  const refusals: Refusal[] = [];
  for (const [table, columns] of Object.entries(SHOP_COLUMNS)) {
    const present = found.get(table);
    if (present === undefined) {
      refusals.push(
        refusal(
          `The database is not empty but has no table ${table}: name the shop's database, or an empty one (P3005).`,
        ),
      );
      continue;
    }
    for (const column of columns.filter((name) => !present.has(name))) {
      refusals.push(refusal(`The column ${table}.${column} is missing: add it to the shop's table, then run again.`));
    }
  }
  const status = found.get('payment_orders')?.get('payment_status') ?? 'varchar';
  if (status !== 'varchar' && status !== 'char') {
    refusals.push(
      refusal(
        `The column payment_orders.payment_status is of type ${status}: change it to VARCHAR(20), then run again.`,
      ),
    );
  }
  return refusals;
}

/** Names that payguard is about to create and that the shop has already given away. */
function findTaken(found: Columns, indexes: ReadonlySet<string>, migrations: readonly Migration[]): Refusal[] {
  const taken: string[] = [];
  for (const statement of migrations.flatMap((migration) => migration.statements)) {
    const created = /^CREATE TABLE (\w+)/.exec(statement)?.[1];
    if (created !== undefined && found.has(created)) taken.push(`table ${created}`);
    const altered = /^ALTER TABLE (\w+)/.exec(statement)?.[1] ?? '';
    for (const [, column = ''] of statement.matchAll(/ADD COLUMN (\w+)/g)) {
      if (found.get(altered)?.has(column) === true) taken.push(`column ${altered}.${column}`);
    }
    for (const [, index = ''] of statement.matchAll(/ADD (?:UNIQUE )?KEY (\w+)/g)) {
      if (indexes.has(`${altered}.${index}`)) taken.push(`index ${altered}.${index}`);
    }
  }
  return taken.map((name) =>
    refusal(`The shop has a ${name}, which payguard needs for itself: rename the shop's, then run again.`),
  );
}
