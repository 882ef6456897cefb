import { LATE_REFUND_PREFIX } from '../rules/late-refund-number.ts';
import { STATE_INVARIANTS } from './state-invariants.ts';

/**
 * What the invariants of ARCHITECTURE.md look like when they are broken: each query lists the rows that break it and no others.
 * Rows of the ledger up to a user's baseline came before payguard and are outside.
 */
export type InvariantQuery = {
  name: string;
  /** The number of the invariant in ARCHITECTURE.md. */
  invariant: number;
  /** A note is something to know, and no promise broken. */
  severity: 'broken' | 'note';
  description: string;
  sql: string;
};

const SINCE_BASELINE = 't.id > COALESCE(b.last_ledger_id, 0)';

/**
 * Ledger rows of recharges since the baseline that name a credited order, but are not the row that credited it.
 * The order and the index of the join are given: after an upgrade the optimizer's statistics are old, and its own choice
 * (no index at all) took minutes for 100,000 orders.
 */
function extraRecharges(orderNumber: 'order_no' | 'out_trade_no'): string {
  return `SELECT o.id AS order_id, o.out_trade_no, t.id AS ledger_id, t.amount
            FROM payment_orders o
            STRAIGHT_JOIN point_transactions t FORCE INDEX (point_transactions_order_no) ON t.order_no = o.${orderNumber}
            LEFT JOIN ledger_baselines b ON b.user_id = t.user_id
           WHERE ${SINCE_BASELINE} AND LOWER(t.type) = 'recharge' AND o.credited_at IS NOT NULL
             AND (t.ledger_key IS NULL OR t.ledger_key <> CONCAT('recharge:', o.id))`;
}

const MONEY_ONCE: InvariantQuery[] = [
  {
    name: 'credited_without_ledger_row',
    invariant: 1,
    severity: 'broken',
    description: 'Every credited order has its ledger row, with the key recharge:<order id>.',
    sql: `SELECT o.id AS order_id, o.out_trade_no
            FROM payment_orders o LEFT JOIN point_transactions t ON t.ledger_key = CONCAT('recharge:', o.id)
           WHERE o.credited_at IS NOT NULL AND t.id IS NULL`,
  },
  {
    name: 'ledger_row_without_credit',
    invariant: 1,
    severity: 'broken',
    description: 'Every keyed recharge row belongs to a credited order.',
    sql: `SELECT t.id AS ledger_id, t.ledger_key, t.amount
            FROM point_transactions t LEFT JOIN payment_orders o
              ON o.id = CAST(SUBSTRING(t.ledger_key, 10) AS UNSIGNED)
           WHERE t.ledger_key LIKE 'recharge:%' AND (o.id IS NULL OR o.credited_at IS NULL)`,
  },
  {
    name: 'credit_differs_from_order',
    invariant: 1,
    severity: 'broken',
    description: 'The ledger row gives the order’s user points + bonus_points, as type recharge.',
    sql: `SELECT o.id AS order_id, o.out_trade_no, t.amount, o.points, o.bonus_points
            FROM payment_orders o
            JOIN point_transactions t ON t.ledger_key = CONCAT('recharge:', o.id)
            LEFT JOIN ledger_baselines b ON b.user_id = t.user_id
           WHERE ${SINCE_BASELINE}
             AND (t.amount <> o.points + o.bonus_points OR t.user_id <> o.user_id OR LOWER(t.type) <> 'recharge')`,
  },
  {
    name: 'credited_more_than_once',
    invariant: 1,
    severity: 'broken',
    description: 'A credited order has no second recharge row.',
    sql: `${extraRecharges('order_no')} UNION ${extraRecharges('out_trade_no')}`,
  },
  {
    name: 'transaction_id_twice',
    invariant: 1,
    severity: 'broken',
    description: 'A WeChat Pay transaction belongs to one order.',
    sql: `SELECT transaction_id, COUNT(*) AS orders, MIN(id) AS first_order_id FROM payment_orders
           WHERE transaction_id IS NOT NULL GROUP BY transaction_id HAVING COUNT(*) > 1`,
  },
];

const BALANCES: InvariantQuery[] = [
  {
    name: 'credited_without_baseline',
    invariant: 2,
    severity: 'broken',
    description: 'A user whom payguard has credited has a baseline: else the next two would not look at them.',
    sql: `SELECT t.user_id, COUNT(*) AS credits
            FROM point_transactions t LEFT JOIN ledger_baselines b ON b.user_id = t.user_id
           WHERE t.ledger_key IS NOT NULL AND b.user_id IS NULL GROUP BY t.user_id`,
  },
  {
    name: 'balance_differs_from_ledger',
    invariant: 2,
    severity: 'broken',
    description: 'users.points is the baseline plus the sum of the ledger since.',
    // A user without a baseline has never been met: points writes one, under the user's lock, before the first credit.
    sql: `SELECT u.id AS user_id, u.points, b.balance + COALESCE(SUM(t.amount), 0) AS expected
            FROM users u
            JOIN ledger_baselines b ON b.user_id = u.id
            LEFT JOIN point_transactions t ON t.user_id = u.id AND t.id > b.last_ledger_id
           GROUP BY u.id, u.points, b.balance
          HAVING u.points <> b.balance + COALESCE(SUM(t.amount), 0)`,
  },
  {
    name: 'balance_after_is_no_running_sum',
    invariant: 2,
    severity: 'broken',
    description: 'balance_after is the running sum in ledger order, from the baseline on.',
    sql: `SELECT ledger_id, user_id, balance_after, expected
            FROM (SELECT t.id AS ledger_id, t.user_id, t.balance_after,
                         b.balance + SUM(t.amount) OVER (PARTITION BY t.user_id ORDER BY t.id) AS expected
                    FROM point_transactions t JOIN ledger_baselines b ON b.user_id = t.user_id
                   WHERE t.id > b.last_ledger_id) AS running
           WHERE balance_after <> expected`,
  },
];

/** What the refund rows since the baseline gave (a negative sum), by the order number they name. */
const REFUND_SUMS = `SELECT t.order_no, SUM(t.amount) AS amount
                       FROM point_transactions t LEFT JOIN ledger_baselines b ON b.user_id = t.user_id
                      WHERE ${SINCE_BASELINE} AND LOWER(t.type) = 'refund' GROUP BY t.order_no`;
const TAKEN = '-(COALESCE(by_order_no.amount, 0) + COALESCE(by_out_trade_no.amount, 0))';

const REFUNDS: InvariantQuery[] = [
  {
    name: 'points_taken_differ_from_ledger',
    invariant: 1,
    severity: 'broken',
    description: 'points_taken is what the order’s refund rows took, unless a refund_mismatch holds the order.',
    sql: `SELECT o.id AS order_id, o.out_trade_no, o.points_taken, ${TAKEN} AS taken_in_ledger
            FROM payment_orders o
            LEFT JOIN (${REFUND_SUMS}) AS by_order_no ON by_order_no.order_no = o.order_no
            LEFT JOIN (${REFUND_SUMS}) AS by_out_trade_no
              ON by_out_trade_no.order_no = o.out_trade_no AND o.out_trade_no <> o.order_no
           WHERE COALESCE(o.credit_hold, '') <> 'refund_mismatch' AND o.points_taken <> ${TAKEN}`,
  },
  {
    name: 'refunded_total_differs_from_refunds',
    invariant: 1,
    severity: 'broken',
    // An order refunded before payguard has no refunds rows: its total is its amount.
    description: 'refunded_total is the sum of the order’s successful refunds.',
    sql: `SELECT o.id AS order_id, o.out_trade_no, o.refunded_total, COALESCE(SUM(r.amount), 0) AS refunds
            FROM payment_orders o LEFT JOIN refunds r ON r.order_id = o.id AND r.status = 'SUCCESS'
           WHERE o.refunded_total <> 0 OR r.id IS NOT NULL
           GROUP BY o.id, o.out_trade_no, o.refunded_total, o.payment_status, o.amount_total
          HAVING o.refunded_total <> COALESCE(SUM(r.amount), 0)
             AND NOT (COUNT(r.id) = 0 AND o.payment_status = 'refunded' AND o.refunded_total = o.amount_total)`,
  },
  {
    name: 'sent_back_and_credited',
    invariant: 1,
    severity: 'broken',
    description: 'A payment that payguard itself sends back to the payer was never credited, and cost nobody points.',
    // LOCATE, since LIKE takes the underscores of the prefix for any character.
    sql: `SELECT o.id AS order_id, o.out_trade_no, r.out_refund_no, o.points_taken
            FROM refunds r JOIN payment_orders o ON o.id = r.order_id
           WHERE LOCATE('${LATE_REFUND_PREFIX}', r.out_refund_no) = 1
             AND (o.credited_at IS NOT NULL OR o.points_taken <> 0)`,
  },
  {
    name: 'refunded_more_than_paid',
    invariant: 1,
    severity: 'broken',
    description: 'No more is refunded than was paid.',
    sql: `SELECT id AS order_id, out_trade_no, refunded_total, amount_total FROM payment_orders
           WHERE refunded_total > amount_total OR refunded_total < 0`,
  },
];

export const INVARIANT_QUERIES: readonly InvariantQuery[] = [
  ...MONEY_ONCE,
  ...BALANCES,
  ...REFUNDS,
  ...STATE_INVARIANTS,
];
