import type { Clock } from '../../clock/clock.ts';
import type { DatabaseConnection } from '../connection-pool.ts';
import { fromShopTime } from '../shop-time.ts';
import { classifyOrder, type Finding, type RechargeRow } from './classify-order.ts';
import { findRecharges, type LegacyRecharges } from './find-recharges.ts';
import type { LegacyOptions } from './legacy-options.ts';
import { mapLegacyStatus, type OrderStatus } from './map-legacy-status.ts';
import { parseLegacyAmount } from './parse-legacy-amount.ts';
import { runBatch } from './run-batch.ts';

export type OrderFinding = { orderId: number; outTradeNo: string; userId: number; finding: Finding };
export type UpgradedOrder = { orderId: number; credited: boolean; amountKnown: boolean; finding: OrderFinding | null };

/**
 * Fills payguard's columns of every order, in id order, one transaction a batch. Repeating it changes nothing; orders
 * that the shop inserts meanwhile are met at the end. The shop's local times are read, never rewritten.
 */
export async function upgradeOrders(
  connection: DatabaseConnection,
  clock: Clock,
  options: LegacyOptions,
  onBatch: (orders: UpgradedOrder[]) => void,
): Promise<void> {
  let lastId = 0;
  for (;;) {
    const orders = await runBatch(connection, () => upgradeBatch(connection, clock, options, lastId));
    const last = orders.at(-1);
    if (last === undefined) return;
    lastId = last.orderId;
    onBatch(orders);
  }
}

type OrderRow = {
  id: number;
  order_no: string;
  out_trade_no: string;
  user_id: number;
  payment_status: string | null;
  transaction_id: string | null;
  payment_time: string | null;
  updated_at: string | null;
  amount_total: number | null;
  legacy_amount: string | null;
};

/** What becomes of one order: the values to write, decided before anything is written. */
type OrderUpgrade = {
  row: OrderRow;
  status: OrderStatus;
  transactionId: string | null;
  amountTotal: number | null;
  credit: RechargeRow | null;
  creditedAt: Date | null;
  finding: Finding | null;
};

async function upgradeBatch(
  connection: DatabaseConnection,
  clock: Clock,
  options: LegacyOptions,
  afterId: number,
): Promise<UpgradedOrder[]> {
  const rows = await lockOrders(connection, options, afterId);
  if (rows.length === 0) return [];
  const numbers = new Set(rows.flatMap((row) => [row.order_no, row.out_trade_no]));
  const recharges = await findRecharges(connection, [...numbers]);
  const claimed = new Set<number>();
  const upgrades = rows.map((row) => decideUpgrade(row, recharges, claimed, clock, options));
  await writeOrders(connection, options, upgrades);
  await writeLedgerKeys(connection, upgrades);
  return upgrades.map(summarize);
}

async function lockOrders(
  connection: DatabaseConnection,
  options: LegacyOptions,
  afterId: number,
): Promise<OrderRow[]> {
  // The name has passed checkLegacyOptions: letters, digits and underscores.
  const amount = options.amountColumn === null ? 'NULL' : `CAST(\`${options.amountColumn}\` AS CHAR)`;
  return connection.query<OrderRow[]>(
    {
      sql: `SELECT id, order_no, out_trade_no, user_id, payment_status, transaction_id, payment_time, updated_at,
                   amount_total, ${amount} AS legacy_amount
              FROM payment_orders WHERE id > ? ORDER BY id LIMIT ? FOR UPDATE`,
      dateStrings: true,
    },
    [afterId, options.batchRows],
  );
}

function decideUpgrade(
  row: OrderRow,
  recharges: LegacyRecharges,
  claimed: Set<number>,
  clock: Clock,
  options: LegacyOptions,
): OrderUpgrade {
  const status = mapLegacyStatus(row.payment_status);
  if (status === null) {
    throw new Error(
      `Order ${row.out_trade_no} has the unknown status ${row.payment_status}: correct it and run again.`,
    );
  }
  const own = findOwnRecharges(row, recharges, claimed);
  const { credit, finding } = classifyOrder(status, own);
  for (const recharge of own) claimed.add(recharge.id);
  const transactionId = row.transaction_id?.trim() ?? '';
  return {
    row,
    status,
    transactionId: transactionId === '' ? null : transactionId,
    amountTotal: row.amount_total ?? parseLegacyAmount(row.legacy_amount, options.amountUnit),
    credit,
    creditedAt: credit === null ? null : readCreditTime(row, credit, clock, options.timeZone),
    finding,
  };
}

/** One ledger row proves one credit: rows that another order has claimed are not counted again. */
function findOwnRecharges(row: OrderRow, recharges: LegacyRecharges, claimed: ReadonlySet<number>): RechargeRow[] {
  const numbers = new Set([row.order_no, row.out_trade_no]);
  return [...numbers]
    .flatMap((number) => recharges.get(number) ?? [])
    .filter((recharge) => recharge.ledgerKey === null || recharge.ledgerKey === ledgerKey(row))
    .filter((recharge) => !claimed.has(recharge.id))
    .sort((a, b) => a.id - b.id);
}

function readCreditTime(row: OrderRow, credit: RechargeRow, clock: Clock, timeZone: string): Date {
  for (const text of [row.payment_time, credit.createdAt, row.updated_at]) {
    const ms = text === null ? null : fromShopTime(text, timeZone);
    if (ms !== null) return new Date(ms);
  }
  return new Date(clock.now());
}

function ledgerKey(row: OrderRow): string {
  return `recharge:${row.id}`;
}

async function writeOrders(
  connection: DatabaseConnection,
  options: LegacyOptions,
  upgrades: readonly OrderUpgrade[],
): Promise<void> {
  // updated_at keeps the shop's value even where the shop's column would change by itself.
  await connection.batch(
    `UPDATE payment_orders
        SET payment_status = ?, transaction_id = ?, mchid = COALESCE(mchid, ?), appid = COALESCE(appid, ?),
            amount_total = ?, refunded_total = ?, credited_at = ?, credit_hold = ?, updated_at = updated_at
      WHERE id = ?`,
    upgrades.map((upgrade) => [
      upgrade.status,
      upgrade.transactionId,
      options.mchid,
      options.appid,
      upgrade.amountTotal,
      upgrade.status === 'refunded' ? (upgrade.amountTotal ?? 0) : 0,
      upgrade.creditedAt,
      upgrade.finding === null ? null : 'ledger_mismatch',
      upgrade.row.id,
    ]),
  );
}

async function writeLedgerKeys(connection: DatabaseConnection, upgrades: readonly OrderUpgrade[]): Promise<void> {
  const keys = upgrades.flatMap(({ credit, row }) => (credit === null ? [] : [[ledgerKey(row), credit.id]]));
  if (keys.length > 0) await connection.batch('UPDATE point_transactions SET ledger_key = ? WHERE id = ?', keys);
}

function summarize({ row, credit, amountTotal, finding }: OrderUpgrade): UpgradedOrder {
  return {
    orderId: row.id,
    credited: credit !== null,
    amountKnown: amountTotal !== null,
    finding: finding === null ? null : { orderId: row.id, outTradeNo: row.out_trade_no, userId: row.user_id, finding },
  };
}
