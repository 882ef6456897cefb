import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS, type LegacyOptions } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { readMigrations } from '@payguard/shared/database/read-migrations';

export const LEGACY: LegacyOptions = { ...DEFAULT_LEGACY_OPTIONS, mchid: '1900000109', appid: 'wxd678efh567hg6787' };

/** A shop as it was before payguard: its three tables and no history, with a column of its own for the amount. */
export async function createShop(pool: DatabasePool): Promise<void> {
  const [shopSchema] = await readMigrations();
  for (const statement of shopSchema?.statements ?? []) await pool.query(statement);
  await pool.query('ALTER TABLE payment_orders ADD COLUMN price DECIMAL(10, 2) NULL');
}

export type ShopOrder = {
  orderNo?: string;
  outTradeNo: string;
  userId?: number;
  status: string;
  transactionId?: string | null;
  paymentTime?: string | null;
  points?: number;
  bonusPoints?: number;
  price?: string | null;
};

export async function addUser(pool: DatabasePool, points = 0): Promise<number> {
  const result = await pool.query<{ insertId: number }>('INSERT INTO users (points) VALUES (?)', [points]);
  return result.insertId;
}

export async function addOrder(pool: DatabasePool, order: ShopOrder): Promise<number> {
  const result = await pool.query<{ insertId: number }>(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, payment_status, transaction_id, payment_time, points,
       bonus_points, price, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '2025-07-12 00:50:00', '2025-07-12 09:00:00')`,
    [
      order.orderNo ?? order.outTradeNo,
      order.outTradeNo,
      order.userId ?? 1,
      order.status,
      order.transactionId === undefined ? '' : order.transactionId,
      order.paymentTime ?? null,
      order.points ?? 600,
      order.bonusPoints ?? 60,
      order.price ?? null,
    ],
  );
  return result.insertId;
}

/** The shop's own code crediting an order, as it should be. */
export async function creditInShop(pool: DatabasePool, userId: number, orderNo: string, amount = 660): Promise<void> {
  await pool.query('UPDATE users SET points = points + ? WHERE id = ?', [amount, userId]);
  await pool.query(
    `INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no, created_at)
     SELECT id, 'RECHARGE', ?, points, ?, '2025-07-12 01:00:00' FROM users WHERE id = ?`,
    [amount, orderNo, userId],
  );
}

export const INCIDENT = {
  outTradeNo: 'RECHARGE_ORDER17522530522711786',
  transactionId: '4200002740202507127224774049',
  /** 2025-07-12 00:57:19 in Asia/Shanghai. */
  paidAt: new Date(Date.UTC(2025, 6, 11, 16, 57, 19)),
};

/** The SQL with which the incident was repaired by hand; its second statement adds the points twice to balance_after. */
const REPAIR = [
  `UPDATE payment_orders SET payment_status = 'paid', transaction_id = '${INCIDENT.transactionId}',
          payment_time = '2025-07-12 00:57:19', notify_time = '2025-07-12 00:57:19'
    WHERE out_trade_no = '${INCIDENT.outTradeNo}'`,
  `INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no, description)
   SELECT u.id, 'recharge', o.points + o.bonus_points, u.points + o.points + o.bonus_points + o.points + o.bonus_points,
          o.order_no, 'repair' FROM users u JOIN payment_orders o ON o.user_id = u.id
    WHERE o.out_trade_no = '${INCIDENT.outTradeNo}'`,
  `UPDATE users u JOIN payment_orders o ON o.user_id = u.id SET u.points = u.points + o.points + o.bonus_points
    WHERE o.out_trade_no = '${INCIDENT.outTradeNo}'`,
];

/** Runs the first so many of the repair's statements. */
export async function repairByHand(pool: DatabasePool, statements: number = REPAIR.length): Promise<void> {
  for (const statement of REPAIR.slice(0, statements)) await pool.query(statement);
}
