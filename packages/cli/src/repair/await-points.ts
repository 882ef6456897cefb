import { setTimeout as delay } from 'node:timers/promises';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';

/** An order as points has left it. */
export type OrderAfter = {
  result: 'credited' | 'held' | 'sent_back';
  payment_status: string;
  credited_at: string | null;
  transaction_id: string | null;
  balance_after: number | null;
};

/** Points credits in well under a second; after this it is not running, or has a backlog. */
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 250;
/** Orders in one statement. */
const CHUNK = 500;

/** Waits until points has applied a payment of each order: credited it, held it, or asked for its refund. By order id. */
export async function awaitPoints(
  pool: Pick<DatabasePool, 'query'>,
  orderIds: readonly number[],
): Promise<Map<number, OrderAfter>> {
  const applied = new Map<number, OrderAfter>();
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const open = orderIds.filter((id) => !applied.has(id));
    for (let from = 0; from < open.length; from += CHUNK) {
      for (const [id, after] of await readApplied(pool, open.slice(from, from + CHUNK))) applied.set(id, after);
    }
    if (applied.size === orderIds.length || performance.now() > deadline) return applied;
    await delay(LOOK_EVERY_MS);
  }
}

type AppliedRow = Omit<OrderAfter, 'result'> & { id: number; requested_refunds: number; held_payments: number };

async function readApplied(
  pool: Pick<DatabasePool, 'query'>,
  ids: readonly number[],
): Promise<(readonly [number, OrderAfter])[]> {
  const rows: AppliedRow[] = await pool.query(
    {
      sql: `SELECT o.id, o.payment_status, o.credited_at, o.transaction_id, t.balance_after,
                   (SELECT COUNT(*) FROM refunds r WHERE r.order_id = o.id) AS requested_refunds,
                   (SELECT COUNT(*) FROM parked_events p WHERE p.mchid = o.mchid AND p.out_trade_no = o.out_trade_no
                      AND p.state = 'waiting' AND p.kafka_topic = 'payment.confirmed') AS held_payments
              FROM payment_orders o LEFT JOIN point_transactions t ON t.ledger_key = CONCAT('recharge:', o.id)
             WHERE o.id IN (?)`,
      dateStrings: true,
    },
    [ids],
  );
  return rows.flatMap(({ id, requested_refunds, held_payments, ...after }) => {
    const result = readResult({ ...after, requested_refunds, held_payments });
    return result === null ? [] : [[id, { ...after, result }] as const];
  });
}

function readResult(row: Omit<AppliedRow, 'id'>): OrderAfter['result'] | null {
  if (row.credited_at !== null) return 'credited';
  if (row.requested_refunds > 0) return 'sent_back';
  return row.held_payments > 0 ? 'held' : null;
}
