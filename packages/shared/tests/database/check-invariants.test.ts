import { checkInvariants, invariantsHold } from '@payguard/shared/database/check-invariants';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from './open-test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: testClock, legacy: DEFAULT_LEGACY_OPTIONS });
});
afterAll(() => database.drop());

/** One of everything as it should be: an open order, a credited one, one refunded in part, one closed; points spent. */
beforeEach(async () => {
  for (const table of [
    'users',
    'payment_orders',
    'point_transactions',
    'ledger_baselines',
    'refunds',
    'order_checks',
    'parked_events',
  ]) {
    await database.pool.query(`DELETE FROM ${table}`);
  }
  const statements = [
    'INSERT INTO users (id, points) VALUES (1, 1000), (2, 40), (3, 0)',
    "INSERT INTO ledger_baselines VALUES (1, 500, 10, '2025-07-12'), (2, 0, 0, '2025-07-12'), (3, 0, 0, '2025-07-12')",
    `INSERT INTO payment_orders (id, order_no, out_trade_no, user_id, payment_status, transaction_id, points, bonus_points,
       mchid, amount_total, credited_at, closed_at, refunded_total, points_taken) VALUES
       (1, 'n1', 'o1', 1, 'pending',   NULL, 600, 60, 'm', 600, NULL,         NULL,         0,   0),
       (2, 'n2', 'o2', 1, 'paid',      't2', 600, 60, 'm', 600, '2025-07-12', NULL,         0,   0),
       (3, 'n3', 'o3', 2, 'paid',      't3', 80,  0,  'm', 80,  '2025-07-12', NULL,         40,  40),
       (4, 'n4', 'o4', 2, 'cancelled', NULL, 600, 60, 'm', 600, NULL,         '2025-07-12', 0,   0)`,
    `INSERT INTO point_transactions (id, user_id, type, amount, balance_after, order_no, ledger_key) VALUES
       (9,  1, 'recharge', 300, 777,  'n0', NULL),
       (10, 1, 'recharge', 300, 500,  'n0', NULL),
       (11, 1, 'recharge', 660, 1160, 'n2', 'recharge:2'),
       (12, 2, 'recharge', 80,  80,   'n3', 'recharge:3'),
       (13, 1, 'consume', -160, 1000, NULL, NULL),
       (14, 2, 'refund',  -40,  40,   'n3', 'refund:1')`,
    `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, created_at, updated_at) VALUES
       (3, 'm', 'r1', 40, 'SUCCESS', '2025-07-12', '2025-07-12')`,
    "INSERT INTO order_checks (order_id, next_check_at) VALUES (1, '2025-07-12')",
  ];
  for (const statement of statements) await database.pool.query(statement);
});

const BREAKS: [name: string, sql: string][] = [
  ['credited_without_ledger_row', 'UPDATE point_transactions SET ledger_key = NULL, order_no = NULL WHERE id = 11'],
  ['ledger_row_without_credit', 'UPDATE payment_orders SET credited_at = NULL WHERE id = 2'],
  ['credit_differs_from_order', 'UPDATE payment_orders SET bonus_points = 61 WHERE id = 2'],
  ['credit_differs_from_order', 'UPDATE payment_orders SET user_id = 3 WHERE id = 2'],
  [
    'credited_more_than_once',
    "INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no) VALUES (3, 'Recharge', 0, 0, 'o2')",
  ],
  [
    'transaction_id_twice',
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, transaction_id, points, mchid)
     VALUES ('n5', 'o5', 3, 't2', 1, 'another')`,
  ],
  ['balance_differs_from_ledger', 'UPDATE users SET points = points + 1 WHERE id = 1'],
  ['balance_differs_from_ledger', 'UPDATE users SET points = 1 WHERE id = 3'],
  ['credited_without_baseline', 'DELETE FROM ledger_baselines WHERE user_id = 2'],
  ['balance_after_is_no_running_sum', 'UPDATE point_transactions SET balance_after = 1660 + 660 WHERE id = 11'],
  ['balance_after_is_no_running_sum', 'UPDATE point_transactions SET balance_after = 41 WHERE id = 14'],
  ['points_taken_differ_from_ledger', 'UPDATE payment_orders SET points_taken = 39 WHERE id = 3'],
  ['refunded_total_differs_from_refunds', 'UPDATE payment_orders SET refunded_total = 41 WHERE id = 3'],
  ['refunded_total_differs_from_refunds', "UPDATE refunds SET status = 'PROCESSING'"],
  ['sent_back_and_credited', "UPDATE refunds SET out_refund_no = 'PAYGUARD_LATE_t3'"],
  [
    'sent_back_and_credited',
    `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, next_check_at, created_at, updated_at)
     VALUES (2, 'm', 'PAYGUARD_LATE_t2', 600, 'requested', '2025-07-12', '2025-07-12', '2025-07-12')`,
  ],
  ['refunded_more_than_paid', 'UPDATE payment_orders SET amount_total = 39 WHERE id = 3'],
  ['final_order_still_checked', "INSERT INTO order_checks (order_id, next_check_at) VALUES (2, '2025-07-12')"],
  ['final_order_still_checked', "INSERT INTO order_checks (order_id, next_check_at) VALUES (4, '2025-07-12')"],
  ['open_refund_without_check', "UPDATE refunds SET status = 'requested'"],
  ['closed_and_credited', "UPDATE payment_orders SET closed_at = '2025-07-12' WHERE id = 2"],
];

describe('checkInvariants', () => {
  it('finds nothing broken in a database as it should be, whatever came before the baseline', async () => {
    const results = await checkInvariants(database.pool);
    expect(results.filter((result) => result.violations > 0)).toEqual([]);
    expect(invariantsHold(results)).toBe(true);
  });

  it.each(BREAKS)('finds %s after: %s', async (name, sql) => {
    await database.pool.query(sql);
    const results = await checkInvariants(database.pool);
    const broken = results.filter((result) => result.severity === 'broken' && result.violations > 0);
    expect(broken.map((result) => result.name)).toContain(name);
    expect(broken.every((result) => result.examples.length === Math.min(10, result.violations))).toBe(true);
    expect(invariantsHold(results)).toBe(false);
  });

  it('has a way to break each of its invariants', async () => {
    const results = await checkInvariants(database.pool);
    const names = results.filter((result) => result.severity === 'broken').map((result) => result.name);
    expect(new Set(BREAKS.map(([name]) => name))).toEqual(new Set(names));
  });

  it('takes the refund of a payment that was never credited for what it is, and a closed order with a payment held', async () => {
    for (const statement of [
      "UPDATE payment_orders SET transaction_id = 't4', refunded_total = 600, payment_status = 'refunded' WHERE id = 4",
      `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, created_at, updated_at)
       VALUES (4, 'm', 'PAYGUARD_LATE_t4', 600, 'SUCCESS', '2025-07-12', '2025-07-12')`,
      `INSERT INTO payment_orders (id, order_no, out_trade_no, user_id, payment_status, points, mchid, amount_total, closed_at)
       VALUES (5, 'n5', 'o5', 2, 'expired', 1, 'm', 600, '2025-07-12')`,
      `INSERT INTO parked_events (mchid, out_trade_no, event_key, reason, event, kafka_topic, kafka_partition,
         kafka_offset, parked_at, next_check_at)
       VALUES ('m', 'o5', 'k', 'late_payment_review', '{}', 'payment.confirmed', 0, 0, '2025-07-12', '2025-07-12')`,
      "INSERT INTO order_checks (order_id, next_check_at) VALUES (5, '2025-07-12')",
    ]) {
      await database.pool.query(statement);
    }
    const results = await checkInvariants(database.pool);
    expect(results.filter((result) => result.violations > 0)).toEqual([]);
  });

  it('leaves a user whom payguard has never met to the shop', async () => {
    await database.pool.query('INSERT INTO users (id, points) VALUES (4, 77)');
    await database.pool.query(
      "INSERT INTO point_transactions (user_id, type, amount, balance_after) VALUES (4, 'gift', 1, 5)",
    );
    expect(invariantsHold(await checkInvariants(database.pool))).toBe(true);
  });

  it('only notes an open order that nobody checks, and an order that waits for a person', async () => {
    await database.pool.query('DELETE FROM order_checks');
    await database.pool.query("UPDATE payment_orders SET credit_hold = 'ledger_mismatch' WHERE id = 2");
    const results = await checkInvariants(database.pool);
    expect(results.filter((result) => result.violations > 0)).toMatchObject([
      { name: 'open_order_without_check', severity: 'note', examples: [{ order_id: 1 }] },
      { name: 'held_orders', severity: 'note', examples: [{ order_id: 2 }] },
    ]);
    expect(invariantsHold(results)).toBe(true);
  });

  it('lets points stay with the customer while a refund_mismatch stands', async () => {
    await database.pool.query(
      "UPDATE payment_orders SET points_taken = 0, credit_hold = 'refund_mismatch' WHERE id = 3",
    );
    expect(invariantsHold(await checkInvariants(database.pool))).toBe(true);
  });
});
