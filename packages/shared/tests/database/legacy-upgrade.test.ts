import { checkInvariants } from '@payguard/shared/database/check-invariants';
import type { LegacyOptions } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import type { LegacyReport } from '@payguard/shared/database/legacy-upgrade/upgrade-legacy-rows';
import { type MigrateOptions, type MigrateOutcome, migrate } from '@payguard/shared/database/migrate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from './open-test-database.ts';
import { addOrder, addUser, createShop, creditInShop, INCIDENT, LEGACY, repairByHand } from './shop-fixture.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
  await createShop(database.pool);
});
afterEach(() => database.drop());

function upgrade(legacy: Partial<LegacyOptions> = {}, options: Partial<MigrateOptions> = {}): Promise<MigrateOutcome> {
  return migrate({ pool: database.pool, clock: testClock, legacy: { ...LEGACY, ...legacy }, ...options });
}

async function upgradeToReport(legacy: Partial<LegacyOptions> = {}): Promise<LegacyReport> {
  const outcome = await upgrade(legacy);
  if (outcome.outcome === 'refused' || outcome.upgrade === null) throw new Error(JSON.stringify(outcome));
  return outcome.upgrade;
}

async function readOrder(id: number): Promise<Record<string, unknown> | undefined> {
  const rows = await database.pool.query<Record<string, unknown>[]>('SELECT * FROM payment_orders WHERE id = ?', [id]);
  return rows[0];
}

async function brokenInvariants(): Promise<string[]> {
  const results = await checkInvariants(database.pool);
  return results.filter((r) => r.severity === 'broken' && r.violations > 0).map((r) => r.name);
}

const dump = async (): Promise<unknown> => [
  await database.pool.query('SELECT * FROM payment_orders ORDER BY id'),
  await database.pool.query('SELECT * FROM point_transactions ORDER BY id'),
  await database.pool.query('SELECT * FROM ledger_baselines ORDER BY user_id'),
];

describe("the upgrade of a shop's rows", () => {
  it('maps every status, empties blank transaction ids and fills in whose orders they are', async () => {
    const words = ['NOTPAY', 'UserPaying', '', 'SUCCESS', 'PAYERROR', 'CLOSED', 'REVOKED', 'REFUND', 'Paid', 'EXPIRED'];
    const ids: number[] = [];
    for (const [index, status] of words.entries()) {
      ids.push(await addOrder(database.pool, { outTradeNo: `order_${index}`, status, transactionId: ' ' }));
    }
    await upgrade();
    const orders = await Promise.all(ids.map(readOrder));
    expect(orders.map((order) => order?.payment_status)).toEqual([
      'pending',
      'pending',
      'pending',
      'paid',
      'failed',
      'cancelled',
      'cancelled',
      'refunded',
      'paid',
      'expired',
    ]);
    for (const order of orders) {
      expect(order).toMatchObject({ transaction_id: null, mchid: LEGACY.mchid, appid: LEGACY.appid, currency: 'CNY' });
      expect(order).toMatchObject({ amount_total: null, closed_at: null });
    }
  });

  it('gives the rows that the shop goes on inserting its identity', async () => {
    await addOrder(database.pool, { outTradeNo: 'before', status: 'NOTPAY' });
    await upgrade();
    const id = await addOrder(database.pool, { outTradeNo: 'after', status: 'pending', transactionId: null });
    await expect(readOrder(id)).resolves.toMatchObject({ mchid: LEGACY.mchid, appid: LEGACY.appid, currency: 'CNY' });
  });

  it('reads amounts in yuan exactly, and counts those it cannot know', async () => {
    const prices = ['6.30', '1234567.89', '0.00', '-5.00', null];
    const ids: number[] = [];
    for (const [index, price] of prices.entries()) {
      ids.push(await addOrder(database.pool, { outTradeNo: `order_${index}`, status: 'NOTPAY', price }));
    }
    const report = await upgradeToReport({ amountColumn: 'price', amountUnit: 'yuan' });
    const orders = await Promise.all(ids.map(readOrder));
    expect(orders.map((order) => order?.amount_total)).toEqual([630, 123456789, null, null, null]);
    expect(report.unknownAmounts).toBe(3);
  });

  it("takes the incident's order, repaired by hand once, for credited at its payment time in Shanghai", async () => {
    const userId = await addUser(database.pool, 100);
    const id = await addOrder(database.pool, { outTradeNo: INCIDENT.outTradeNo, status: 'NOTPAY', userId });
    await repairByHand(database.pool);
    const report = await upgradeToReport();
    expect(report).toMatchObject({ orders: 1, credited: 1, findings: [] });
    await expect(readOrder(id)).resolves.toMatchObject({ credited_at: INCIDENT.paidAt, credit_hold: null });
    const ledger = await database.pool.query('SELECT ledger_key FROM point_transactions');
    expect(ledger).toEqual([{ ledger_key: `recharge:${id}` }]);
    await expect(brokenInvariants()).resolves.toEqual([]);
  });

  it.each([
    { statements: 1, finding: 'paid_without_recharge', credited: 0 },
    { statements: 2, finding: 'recharge_not_in_balance', credited: 1 },
  ])('holds the order whose repair stopped after $statements of 3 statements', async ({ statements, ...expected }) => {
    const userId = await addUser(database.pool, 0);
    const id = await addOrder(database.pool, { outTradeNo: INCIDENT.outTradeNo, status: 'NOTPAY', userId });
    await repairByHand(database.pool, statements);
    const report = await upgradeToReport();
    expect(report.credited).toBe(expected.credited);
    expect(report.findings).toEqual([
      { orderId: id, outTradeNo: INCIDENT.outTradeNo, userId, finding: expected.finding },
    ]);
    await expect(readOrder(id)).resolves.toMatchObject({ credit_hold: 'ledger_mismatch' });
    await expect(brokenInvariants()).resolves.toEqual([]);
  });

  it('holds an order that was refunded and never had its points: its payment, told again, must not give them', async () => {
    const userId = await addUser(database.pool, 0);
    const id = await addOrder(database.pool, { outTradeNo: 'RECHARGE_REFUNDED', status: 'REFUNDED', userId });
    const report = await upgradeToReport();
    expect(report.findings).toMatchObject([{ orderId: id, finding: 'refunded_without_recharge' }]);
    await expect(readOrder(id)).resolves.toMatchObject({ credited_at: null, credit_hold: 'ledger_mismatch' });
  });

  it('holds the order whose repair was run twice, as credited once', async () => {
    const userId = await addUser(database.pool, 0);
    const id = await addOrder(database.pool, { outTradeNo: INCIDENT.outTradeNo, status: 'NOTPAY', userId });
    await repairByHand(database.pool);
    await repairByHand(database.pool);
    const report = await upgradeToReport();
    expect(report.findings).toMatchObject([{ orderId: id, finding: 'recharged_twice' }]);
    await expect(readOrder(id)).resolves.toMatchObject({
      credited_at: INCIDENT.paidAt,
      credit_hold: 'ledger_mismatch',
    });
    const keys = await database.pool.query('SELECT ledger_key FROM point_transactions ORDER BY id');
    expect(keys).toEqual([{ ledger_key: `recharge:${id}` }, { ledger_key: null }]);
    await expect(brokenInvariants()).resolves.toEqual([]);
  });

  it('lists exactly the odd ones of a whole shop, and the invariants hold from there on', async () => {
    const { odd } = await fillShop();
    const report = await upgradeToReport({ amountColumn: 'price', amountUnit: 'yuan', batchRows: 3 });
    expect(report.findings.map(({ outTradeNo, finding }) => [outTradeNo, finding])).toEqual(odd);
    expect(report).toMatchObject({ orders: 30, findingCount: odd.length });
    await expect(brokenInvariants()).resolves.toEqual([]);
  });

  it('takes a refunded order for refunded in full when its amount is known', async () => {
    const userId = await addUser(database.pool);
    const id = await addOrder(database.pool, { outTradeNo: 'back', status: 'REFUND', userId, price: '6.00' });
    await creditInShop(database.pool, userId, 'back');
    await upgrade({ amountColumn: 'price', amountUnit: 'yuan' });
    // Without a payment time, the ledger row's own time is when it was credited.
    await expect(readOrder(id)).resolves.toMatchObject({
      payment_status: 'refunded',
      refunded_total: 600,
      credited_at: new Date(Date.UTC(2025, 6, 11, 17)),
    });
    await expect(brokenInvariants()).resolves.toEqual([]);
  });

  it("leaves the shop's own times as they are", async () => {
    const id = await addOrder(database.pool, {
      outTradeNo: 'order',
      status: 'SUCCESS',
      paymentTime: '2025-07-12 00:57:19',
    });
    await upgrade();
    const rows = await database.pool.query(
      { sql: 'SELECT payment_time, created_at, updated_at FROM payment_orders WHERE id = ?', dateStrings: true },
      [id],
    );
    expect(rows).toEqual([
      { payment_time: '2025-07-12 00:57:19', created_at: '2025-07-12 00:50:00', updated_at: '2025-07-12 09:00:00' },
    ]);
  });

  /** Odd, so that both moments of a statement are met: before and after it is recorded. */
  const EVERY = 3;

  it('ends the same when it is killed after any step and run again', async () => {
    const options = { amountColumn: 'price', amountUnit: 'yuan', batchRows: 7 } as const;
    await fillShop();
    await upgrade(options);
    const wanted = await dump();
    for (let killAt = 1, ended = false; !ended; killAt += EVERY) {
      await database.drop();
      database = await openTestDatabase();
      await createShop(database.pool);
      await fillShop();
      let step = 0;
      const onStep = (): void => {
        step += 1;
        if (step === killAt) throw new Error('killed');
      };
      ended = await upgrade(options, { onStep }).then(
        () => true,
        () => false,
      );
      await expect(upgrade(options)).resolves.toMatchObject({ outcome: 'migrated' });
      expect(await dump(), `killed at step ${killAt}`).toEqual(wanted);
    }
  }, 60_000);

  it('notes a balance and a ledger that belong together while the shop is selling', async () => {
    const userId = await addUser(database.pool);
    await addOrder(database.pool, { outTradeNo: 'order', status: 'NOTPAY', userId });
    let selling = true;
    const shop = (async () => {
      while (selling) {
        const connection = await database.pool.getConnection();
        await connection.beginTransaction();
        await connection.query('UPDATE users SET points = points + 1 WHERE id = ?', [userId]);
        await connection.query(
          `INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no)
           SELECT id, 'gift', 1, points, NULL FROM users WHERE id = ?`,
          [userId],
        );
        await connection.commit();
        await connection.release();
      }
    })();
    await upgrade();
    selling = false;
    await shop;
    await expect(brokenInvariants()).resolves.toEqual([]);
  });
});

/** Thirty orders of ten users: most of them regular, some as the incident's repairs leave them. */
async function fillShop(): Promise<{ odd: [string, string][] }> {
  const { pool } = database;
  const odd: [string, string][] = [];
  for (let user = 0; user < 10; user += 1) {
    const userId = await addUser(pool);
    const paid = { userId, paymentTime: '2025-07-01 12:00:00', price: '6.00' };
    const credited = `credited_${user}`;
    await addOrder(pool, {
      ...paid,
      orderNo: `no_${user}`,
      outTradeNo: credited,
      status: 'SUCCESS',
      transactionId: `t${user}`,
    });
    await creditInShop(pool, userId, user % 2 === 0 ? credited : `no_${user}`);
    await addOrder(pool, { userId, outTradeNo: `open_${user}`, status: 'NOTPAY', price: user === 3 ? null : '6.00' });
    const other = `other_${user}`;
    await addOrder(pool, { ...paid, outTradeNo: other, status: user < 5 ? 'CLOSED' : 'paid' });
    if (user === 4) {
      await creditInShop(pool, userId, other);
      odd.push([other, 'recharged_not_paid']);
    }
    if (user === 5) odd.push([other, 'paid_without_recharge']);
    if (user >= 6) await creditInShop(pool, userId, other);
    if (user === 9) {
      await creditInShop(pool, userId, other);
      odd.push([other, 'recharged_twice']);
    }
  }
  return { odd };
}
