import type { InvariantQuery } from './invariant-queries.ts';

/** Invariant 6: credited with no refund open, fully refunded, or closed. */
const IS_FINAL = `(
  o.closed_at IS NOT NULL
  OR (o.payment_status = 'refunded' AND o.refunded_total = o.amount_total)
  OR (o.credited_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM refunds r WHERE r.order_id = o.id AND r.status NOT IN ('SUCCESS', 'CLOSED')))
)`;

export const STATE_INVARIANTS: readonly InvariantQuery[] = [
  {
    name: 'final_order_still_checked',
    invariant: 6,
    severity: 'broken',
    description: 'A final order with nothing parked is not asked about any more: it has no order_checks row.',
    // A payment that waits for a person keeps even a closed order from being final.
    sql: `SELECT o.id AS order_id, o.out_trade_no FROM order_checks c JOIN payment_orders o ON o.id = c.order_id
           WHERE ${IS_FINAL} AND NOT EXISTS (
             SELECT 1 FROM parked_events p
              WHERE p.mchid = o.mchid AND p.out_trade_no = o.out_trade_no AND p.state = 'waiting')`,
  },
  {
    name: 'closed_and_credited',
    invariant: 6,
    severity: 'broken',
    description: 'An order is closed or credited, never both.',
    sql: `SELECT id AS order_id, out_trade_no FROM payment_orders
           WHERE closed_at IS NOT NULL AND credited_at IS NOT NULL`,
  },
  {
    name: 'open_order_without_check',
    invariant: 7,
    severity: 'note',
    description: 'An order that is not final has a next check (the sweep gives it one).',
    sql: `SELECT o.id AS order_id, o.out_trade_no FROM payment_orders o
            LEFT JOIN order_checks c ON c.order_id = o.id
           WHERE c.order_id IS NULL AND NOT ${IS_FINAL}`,
  },
  {
    name: 'open_refund_without_check',
    invariant: 7,
    severity: 'broken',
    description: 'A refund that is not final has a next check: no sweep would ever give it one.',
    sql: `SELECT id AS refund, order_id, out_refund_no, status FROM refunds
           WHERE status NOT IN ('SUCCESS', 'CLOSED') AND next_check_at IS NULL`,
  },
  {
    name: 'held_orders',
    invariant: 7,
    severity: 'note',
    description: 'Orders that wait for a person’s decision.',
    sql: 'SELECT id AS order_id, out_trade_no, credit_hold FROM payment_orders WHERE credit_hold IS NOT NULL',
  },
];
