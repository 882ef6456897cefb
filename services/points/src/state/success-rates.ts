import { utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { Gauge, type Registry } from 'prom-client';
import { CALLBACK_GRACE_MS, type CallbackVerdict, judgeCallback, type PaidMoment } from './judge-callback.ts';
import type { Look, StateSubject } from './state-subject.ts';

const MINUTE_MS = 60_000;
/** Old enough to be paid or given up by the payer, and an hour of them. */
const CREATED_FROM_MS = 95 * MINUTE_MS;
const CREATED_TO_MS = 35 * MINUTE_MS;
/** A payment's time is WeChat Pay's, its credit's ours: they may differ by as much as a notification is accepted with. */
const CLOCKS_DIFFER_MS = 5 * MINUTE_MS;

/**
 * The counts whose ratios are the success rates: of orders created 35 to 95 minutes ago those that are credited, and of
 * orders paid in a window those whose callback came in time. A callback has 60 s, so that the window ends 60 s ago.
 */
export function createSuccessRates(
  registry: Registry,
  { callbackWindowMs }: { callbackWindowMs: number },
): StateSubject {
  const registers = [registry];
  const created = new Gauge({
    name: 'payguard_orders_created_recent',
    help: 'Orders created 35 to 95 minutes ago',
    registers,
  });
  const credited = new Gauge({
    name: 'payguard_orders_credited_recent',
    help: 'Orders created 35 to 95 minutes ago that are credited',
    registers,
  });
  const paid = new Gauge({
    name: 'payguard_orders_paid_recent',
    help: 'Credited orders whose payment lies in the window of CALLBACK_WINDOW_SECONDS that ended 60 s ago, by merchant and by whether their callback came within 60 s of it (in_time, late, missing)',
    labelNames: ['mchid', 'callback'],
    registers,
  });
  return {
    name: 'success rates',
    async refresh(look) {
      const recent = await readCreated(look);
      const judged = await readPaid(look, callbackWindowMs);
      created.set(recent.created);
      credited.set(recent.credited);
      paid.reset();
      for (const [mchid, counts] of judged) {
        for (const [callback, orders] of Object.entries(counts)) paid.set({ mchid, callback }, orders);
      }
    },
  };
}

/** Every status is named, since the index begins with it: its ranges hold the hour's orders and no others. */
async function readCreated({ pool, now, shopTimeZone }: Look): Promise<{ created: number; credited: number }> {
  const rows: { created: number; credited: number }[] = await pool.query(
    `SELECT COUNT(*) AS created, COUNT(credited_at) AS credited FROM payment_orders
     WHERE payment_status IN ('pending', 'paid', 'failed', 'cancelled', 'refunded', 'expired')
       AND created_at >= ? AND created_at < ?`,
    [toShopTime(now - CREATED_FROM_MS, shopTimeZone), toShopTime(now - CREATED_TO_MS, shopTimeZone)],
  );
  return rows[0] ?? { created: 0, credited: 0 };
}

/** What was paid in the window was credited since it began: the index of credited_at finds it, whatever the table holds. */
async function readPaid(
  { pool, now, shopTimeZone }: Look,
  windowMs: number,
): Promise<Map<string, Record<CallbackVerdict, number>>> {
  const to = now - CALLBACK_GRACE_MS;
  const window = { from: to - windowMs, to, shopTimeZone };
  const rows: (PaidMoment & { mchid: string; orders: number })[] = await pool.query(
    {
      sql: `SELECT COALESCE(o.mchid, '') AS mchid, o.payment_time,
                   DATE_FORMAT(e.first_seen_at, '%Y-%m-%d %H:%i:%s') AS callback_at, COUNT(*) AS orders
            FROM payment_orders o
            LEFT JOIN payment_evidence e ON e.order_id = o.id AND e.witness = 'callback'
            WHERE o.credited_at >= ? AND o.payment_time IS NOT NULL
            GROUP BY o.mchid, o.payment_time, callback_at`,
      dateStrings: true,
    },
    [utcText(window.from - CLOCKS_DIFFER_MS)],
  );
  const byMerchant = new Map<string, Record<CallbackVerdict, number>>();
  for (const row of rows) {
    const verdict = judgeCallback(row, window);
    if (verdict === 'elsewhere') continue;
    const counts = byMerchant.get(row.mchid) ?? { in_time: 0, late: 0, missing: 0 };
    byMerchant.set(row.mchid, counts);
    counts[verdict] += row.orders;
  }
  return byMerchant;
}
