import { fromUtcText } from '@payguard/shared/database/multi-row';
import { fromShopTime } from '@payguard/shared/database/shop-time';
import { FRESH_LANE } from '@payguard/shared/rules/next-check';
import { Gauge, type Registry } from 'prom-client';
import type { ParkReason } from '../decide.ts';
import { type Look, type StateSubject, secondsSince } from './state-subject.ts';

const PARK_REASONS: readonly ParkReason[] = [
  'no_such_order',
  'refund_before_credit',
  'late_payment_review',
  'credit_hold',
  'dismissed',
  'verdict',
  'cannot_apply',
];

/** Orders that are not at their end, and how long they have been waiting. */
export function createOrdersState(registry: Registry): StateSubject {
  const registers = [registry];
  const pending = new Gauge({ name: 'payguard_orders_pending', help: 'Orders not paid, not closed', registers });
  const oldest = new Gauge({
    name: 'payguard_orders_pending_oldest_age_seconds',
    help: 'Age of the oldest pending order; 0 without one',
    registers,
  });
  const held = new Gauge({
    name: 'payguard_orders_on_hold',
    help: 'Orders a person must look at before credit',
    registers,
  });
  const overdue = new Gauge({
    name: 'payguard_order_checks_overdue_seconds',
    help: "How long a merchant's most overdue order has been waiting for the poll to ask about it, by lane (fresh, backlog); 0 when none is due",
    labelNames: ['mchid', 'lane'],
    registers,
  });
  const parked = new Gauge({
    name: 'payguard_parked_events',
    help: 'Events that wait until they can apply, by why',
    labelNames: ['reason'],
    registers,
  });
  const showParked = (rows: readonly { reason: string; events: number }[]) => {
    parked.reset();
    for (const reason of PARK_REASONS) parked.set({ reason }, 0);
    for (const { reason, events } of rows) parked.set({ reason }, events);
  };
  showParked([]);
  return {
    name: 'orders',
    async refresh(look) {
      const [orders, due, waiting] = [await readOrders(look), await readNextChecks(look), await readParked(look)];
      pending.set(orders.pending);
      oldest.set(secondsSince(fromShopTime(orders.oldest ?? '', look.shopTimeZone), look.now));
      held.set(orders.held);
      overdue.reset();
      for (const { mchid, lane, next } of due) {
        const labels = { mchid, lane: lane === FRESH_LANE ? 'fresh' : 'backlog' };
        overdue.set(labels, secondsSince(fromUtcText(next), look.now));
      }
      showParked(waiting);
    },
  };
}

type OrderCounts = { pending: number; oldest: string | null; held: number };

async function readOrders({ pool }: Look): Promise<OrderCounts> {
  const rows: OrderCounts[] = await pool.query({
    sql: `SELECT (SELECT COUNT(*) FROM payment_orders WHERE payment_status = 'pending') AS pending,
                 (SELECT MIN(created_at) FROM payment_orders WHERE payment_status = 'pending') AS oldest,
                 (SELECT COUNT(*) FROM payment_orders WHERE credit_hold IS NOT NULL) AS held`,
    dateStrings: true,
  });
  return rows[0] ?? { pending: 0, oldest: null, held: 0 };
}

/** The first entry of each merchant and lane in the index. */
function readNextChecks({ pool }: Look): Promise<{ mchid: string; lane: number; next: string }[]> {
  return pool.query({
    sql: 'SELECT mchid, lane, MIN(next_check_at) AS next FROM order_checks GROUP BY mchid, lane',
    dateStrings: true,
  });
}

function readParked({ pool }: Look): Promise<{ reason: string; events: number }[]> {
  return pool.query("SELECT reason, COUNT(*) AS events FROM parked_events WHERE state = 'waiting' GROUP BY reason");
}
