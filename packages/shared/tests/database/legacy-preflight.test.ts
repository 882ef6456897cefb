import type { LegacyOptions } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { type MigrateOutcome, migrate } from '@payguard/shared/database/migrate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from './open-test-database.ts';
import { addOrder, createShop, LEGACY } from './shop-fixture.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
  await createShop(database.pool);
});
afterEach(() => database.drop());

const upgrade = (legacy: Partial<LegacyOptions> = {}): Promise<MigrateOutcome> =>
  migrate({ pool: database.pool, clock: testClock, legacy: { ...LEGACY, ...legacy } });

async function expectRefused(
  outcome: Promise<MigrateOutcome>,
  message: string,
  examples: string[] = [],
): Promise<void> {
  await expect(outcome).resolves.toEqual({
    outcome: 'refused',
    refusals: [{ message: expect.stringContaining(message), examples }],
  });
  // Not even the history table: nothing at all was changed.
  await expect(database.pool.query('SHOW TABLES')).resolves.toHaveLength(3);
  await expect(database.pool.query("SHOW COLUMNS FROM payment_orders LIKE 'mchid'")).resolves.toEqual([]);
}

describe('before it changes anything, the upgrade refuses', () => {
  it('orders of nobody knows which merchant', async () => {
    await addOrder(database.pool, { outTradeNo: 'order', status: 'NOTPAY' });
    await expectRefused(upgrade({ mchid: null }), 'say whose they are with --mchid and --appid');
  });

  it('two orders with one out_trade_no, but not two that differ in case', async () => {
    for (const outTradeNo of ['same', 'same', 'case', 'CASE']) {
      await addOrder(database.pool, { outTradeNo, status: 'NOTPAY' });
    }
    await expectRefused(upgrade(), 'payment_orders.out_trade_no holds duplicates', ["'same' on 2 orders (ids 1 to 2)"]);
  });

  it('two orders with one transaction id, but not two without', async () => {
    const ids = ['t1', 't1', '', '', null, null];
    for (const [index, transactionId] of ids.entries()) {
      await addOrder(database.pool, { outTradeNo: `order_${index}`, status: 'paid', transactionId });
    }
    await expectRefused(upgrade(), 'payment_orders.transaction_id holds duplicates', ["'t1' on 2 orders (ids 1 to 2)"]);
  });

  it('a status it does not know', async () => {
    await addOrder(database.pool, { outTradeNo: 'order', status: 'Shipped' });
    await expectRefused(upgrade(), 'words payguard does not know', ["'Shipped' on 1 orders"]);
  });

  it('an amount column that is not there', async () => {
    await expectRefused(upgrade({ amountColumn: 'cost' }), '--amount-column cost is no column of payment_orders');
  });

  it.each([
    [{ mchid: "1'; --" }, '--mchid'],
    [{ appid: 'a b' }, '--appid'],
    [{ amountColumn: 'price`' }, '--amount-column'],
    [{ timeZone: 'Asia/Atlantis' }, '--time-zone'],
  ])('the option %j, which has the wrong form', async (legacy, message) => {
    await expectRefused(upgrade(legacy), message);
  });

  it('a shop whose table lacks a column that payguard needs', async () => {
    await database.pool.query('ALTER TABLE payment_orders DROP COLUMN bonus_points');
    await expectRefused(upgrade(), 'The column payment_orders.bonus_points is missing');
  });

  it.each([
    ['ADD COLUMN amount_total INT', 'column payment_orders.amount_total'],
    ['ADD INDEX payment_orders_status (payment_status)', 'index payment_orders.payment_orders_status'],
  ])('a shop that has given away a name that payguard needs: %s', async (change, name) => {
    await database.pool.query(`ALTER TABLE payment_orders ${change}`);
    await expectRefused(upgrade(), `The shop has a ${name}, which payguard needs for itself`);
  });

  it('lists at most twenty examples', async () => {
    for (let index = 0; index < 50; index += 1) {
      await addOrder(database.pool, { outTradeNo: `order_${index % 25}`, status: 'NOTPAY' });
    }
    const outcome = await upgrade();
    expect(outcome.outcome === 'refused' && outcome.refusals[0]?.examples.length).toBe(20);
  });
});
