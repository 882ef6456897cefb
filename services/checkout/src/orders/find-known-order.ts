import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { type Refusal, refuse } from '../http/problem.ts';
import { describeOrder } from './order-answer.ts';
import type { OrderView } from './order-view.ts';
import { findOrderId, readOrders } from './read-orders.ts';
import type { NewOrder } from './record-order.ts';

export type KnownOrder = { outcome: 'unknown' } | { outcome: 'known'; view: OrderView } | Refusal;

/** The order that this request stands for, if it was made before; a refusal when key or number stand for another one. */
export async function findKnownOrder(pool: DatabasePool, order: NewOrder, shopTimeZone: string): Promise<KnownOrder> {
  const key = await readKey(pool, order);
  if (key.outcome === 'refused') return key;
  // The key's own number: one made anew could differ, since it begins with what merchants.yaml says today.
  const id = await findOrderId(pool, order.mchid, key.outTradeNo ?? order.outTradeNo);
  const view = id === undefined ? undefined : (await readOrders(pool, [id], shopTimeZone)).get(id);
  if (view === undefined) return { outcome: 'unknown' };
  return (await refuseDifferent(pool, order, view)) ?? { outcome: 'known', view };
}

type KnownKey = { outcome: 'read'; outTradeNo: string | undefined } | Refusal;

async function readKey(pool: DatabasePool, { idempotency }: NewOrder): Promise<KnownKey> {
  if (idempotency === undefined) return { outcome: 'read', outTradeNo: undefined };
  const rows: { request_hash: string; out_trade_no: string }[] = await pool.query(
    'SELECT request_hash, out_trade_no FROM idempotency_keys WHERE client = ? AND idempotency_key = ?',
    [idempotency.client, idempotency.key],
  );
  const [known] = rows;
  if (known === undefined || known.request_hash === idempotency.requestHash) {
    return { outcome: 'read', outTradeNo: known?.out_trade_no };
  }
  const detail = `The Idempotency-Key stands for order ${known.out_trade_no} and other fields; use a new key.`;
  return refuse('idempotency-key-reused', detail, { field: 'Idempotency-Key' });
}

async function refuseDifferent(pool: DatabasePool, order: NewOrder, view: OrderView): Promise<Refusal | undefined> {
  const rows: { request_hash: string }[] = await pool.query(
    'SELECT request_hash FROM order_prepays WHERE order_id = ?',
    [view.id],
  );
  const [prepay] = rows;
  if (prepay?.request_hash === order.termsHash) return undefined;
  const reason = prepay === undefined ? 'was not made by this API' : 'was made with other fields';
  const detail = `Order ${order.outTradeNo} ${reason}; send exactly those again, or use a new out_trade_no.`;
  return refuse('order-differs', detail, { field: 'out_trade_no', order: describeOrder(view) });
}
