import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { Registry } from 'prom-client';
import type { Look } from '../src/state/state-subject.ts';
import { createSystemState } from '../src/state/system-state.ts';
import { APPID, MCHID } from './order-fixtures.ts';
import { addUsers, openPointsDatabase } from './points-database.ts';

export const NOW = Date.parse('2026-11-11T12:00:00+08:00');
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
const SHOP_TIME_ZONE = 'Asia/Shanghai';

type Cell = string | number | null;

/** A migrated database and the gauges that are read from it. */
export async function openStateWorld() {
  const { pool, drop } = await openPointsDatabase();
  await addUsers(pool, [1]);
  const registry = new Registry();
  const state = createSystemState(registry, { callbackWindowMs: 10 * MINUTE });

  async function insert(table: string, rows: Record<string, Cell>[]): Promise<number> {
    const columns = Object.keys(rows[0] ?? {});
    const connection = await pool.getConnection();
    try {
      const values = rows.map((row) => columns.map((column) => row[column] ?? null));
      return await insertRows(connection, `INSERT INTO ${table} (${columns.join()}) VALUES`, values);
    } finally {
      await connection.release();
    }
  }

  let orders = 0;
  return {
    ...{ pool, drop, insert },
    refresh: (now = NOW, on: Look['pool'] = pool) => state.refresh({ pool: on, now, shopTimeZone: SHOP_TIME_ZONE }),
    /** An order as the shop or checkout inserts it; times in ms UTC. Answers its id. */
    addOrder(createdAt: number, change: Record<string, Cell> = {}): Promise<number> {
      orders += 1;
      const number = `STATE_${String(orders).padStart(6, '0')}`;
      const named = { order_no: number, out_trade_no: number, user_id: 1, points: 10, mchid: MCHID, appid: APPID };
      return insert('payment_orders', [{ ...named, created_at: toShopTime(createdAt, SHOP_TIME_ZONE), ...change }]);
    },
    /** Columns of an order that was paid and credited at these moments, ms UTC. */
    paid: (paidAt: number, creditedAt = paidAt + SECOND) => ({
      payment_status: 'paid',
      payment_time: toShopTime(paidAt, SHOP_TIME_ZONE),
      credited_at: utcText(creditedAt),
    }),
    /** As it stands in /metrics. */
    text: (name: string) => registry.getSingleMetricAsString(name),
    /** By label values, in the order of the labels; '' for a metric without labels. */
    async values(name: string): Promise<Record<string, number>> {
      const metric = await registry.getSingleMetric(name)?.get();
      return Object.fromEntries(
        (metric?.values ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
      );
    },
  };
}
