/** `all`: the whole table; a list: these columns alone. */
type Columns = 'all' | readonly string[];
export type TablePrivileges = { select?: Columns; insert?: Columns; update?: Columns; delete?: 'all' };
/** By table, in the order in which they are granted. */
export type DatabasePrivileges = Readonly<Record<string, TablePrivileges>>;

const READ: TablePrivileges = { select: 'all' };
const APPEND: TablePrivileges = { select: 'all', insert: 'all' };
/** All columns: for INSERT … ON DUPLICATE KEY UPDATE MariaDB wants UPDATE of each one that is inserted. */
const WRITE: TablePrivileges = { select: 'all', insert: 'all', update: 'all' };

/**
 * MySQL lets only those lock a row (FOR UPDATE; before 8.0.22 also LOCK IN SHARE MODE) who may update something of the
 * table. Nothing is decided by this column.
 */
const LOCK_ORDERS = ['updated_at'];

const REQUEST_BUDGET: DatabasePrivileges = {
  request_budgets: WRITE,
};
/** Always the last: who sees that the schema is there, and becomes ready by it, has all else already. */
const SCHEMA: DatabasePrivileges = { _prisma_migrations: READ };

/**
 * What each part does in the database, and no more (ARCHITECTURE.md): points alone writes order status, ledger and
 * balances; the alerter alone writes mismatches; no ledger row, baseline or audit entry can be changed or removed by
 * anybody here. A release that needs a table less goes on granting it until no pod of the release before is left.
 */
const PRIVILEGES = {
  points: {
    payment_orders: {
      select: 'all',
      update: [
        'payment_status',
        'transaction_id',
        'payment_time',
        'notify_time',
        'trade_state',
        'credited_at',
        'closed_at',
        'refunded_total',
        'points_taken',
        'credit_hold',
        'updated_at',
      ],
    },
    users: { select: ['id', 'points'], update: ['points', 'updated_at'] },
    point_transactions: APPEND,
    ledger_baselines: APPEND,
    payment_evidence: WRITE,
    refunds: WRITE,
    order_checks: { ...WRITE, delete: 'all' },
    parked_events: { ...WRITE, delete: 'all' },
    // Exported as metrics.
    mismatches: READ,
    dead_letters: READ,
    alert_channels: READ,
    alert_notices: READ,
    shop_notifications: READ,
    callback_probes: READ,
    job_runs: READ,
    job_totals: READ,
    job_gauges: READ,
    ...SCHEMA,
  },
  reconciler: {
    payment_orders: { select: 'all', update: LOCK_ORDERS },
    order_checks: { ...WRITE, delete: 'all' },
    refunds: { select: 'all', update: ['next_check_at', 'attempts', 'lease_by', 'lease_until', 'reported_at'] },
    parked_events: READ,
    job_positions: WRITE,
    job_runs: { select: 'all', insert: 'all', update: ['finished_at', 'outcome', 'counts'] },
    job_totals: WRITE,
    job_gauges: WRITE,
    callback_probes: { insert: 'all' },
    ...REQUEST_BUDGET,
    ...SCHEMA,
  },
  checkout: {
    users: { select: ['id'] },
    payment_orders: {
      select: 'all',
      // None of the columns that say that somebody has paid.
      insert: [
        'order_no',
        'out_trade_no',
        'user_id',
        'payment_status',
        'points',
        'bonus_points',
        'created_at',
        'updated_at',
        'mchid',
        'appid',
        'amount_total',
        'currency',
        'expires_at',
      ],
      update: LOCK_ORDERS,
    },
    order_checks: { insert: ['order_id', 'mchid', 'lane', 'next_check_at'] },
    order_prepays: APPEND,
    idempotency_keys: APPEND,
    refunds: APPEND,
    ...REQUEST_BUDGET,
    ...SCHEMA,
  },
  alerter: {
    mismatches: WRITE,
    alert_notices: WRITE,
    alert_deliveries: { select: 'all', insert: 'all', update: ['ended_at', 'outcome', 'code', 'detail'] },
    alert_channels: WRITE,
    shop_notifications: WRITE,
    // The Watchdog's last sign of life.
    job_gauges: WRITE,
    ...SCHEMA,
  },
  // People with payguard at the shell: what they do leaves a trace that they cannot remove.
  operator: {
    audit_log: APPEND,
    repair_batches: { ...APPEND, update: ['finished_at', 'results'] },
    dead_letters: WRITE,
    callback_probes: APPEND,
    payment_orders: READ,
    users: READ,
    point_transactions: READ,
    ledger_baselines: READ,
    payment_evidence: READ,
    refunds: READ,
    order_checks: READ,
    order_prepays: READ,
    idempotency_keys: READ,
    parked_events: READ,
    mismatches: READ,
    alert_notices: READ,
    alert_deliveries: READ,
    alert_channels: READ,
    shop_notifications: READ,
    job_positions: READ,
    job_runs: READ,
    job_totals: READ,
    job_gauges: READ,
    ...REQUEST_BUDGET,
    ...SCHEMA,
  },
} as const satisfies Record<string, DatabasePrivileges>;

export type DatabasePart = keyof typeof PRIVILEGES;
export const DATABASE_PARTS = Object.keys(PRIVILEGES).filter(isDatabasePart);

export function isDatabasePart(text: string): text is DatabasePart {
  return Object.hasOwn(PRIVILEGES, text);
}

export function privilegesOf(part: DatabasePart): DatabasePrivileges {
  return PRIVILEGES[part];
}
