import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from './run-payguard.ts';
import {
  addOrder,
  balanceOf,
  expectInvariantsHold,
  install,
  type NewOrder,
  openShopWorld,
  payUnnoticed,
  type ShopWorld,
} from './shop-world.ts';

const PERSON = ['--by', '李薇', '--reason', 'the payer called'];
/** Some orders of points' own refund number are looked at by their table. */
const REFUNDS =
  'SELECT r.status, r.amount FROM refunds r JOIN payment_orders o ON o.id = r.order_id WHERE o.out_trade_no = ?';

/** Each run of the command line tool is a process of its own. */
const TIMEOUT_MS = 120_000;

let world: ShopWorld;
beforeAll(async () => {
  world = await openShopWorld({ settings: { latePayment: 'review' } });
  await install(world);
  await world.startPoints();
});
afterAll(() => world?.close());

const review = (...args: string[]): Promise<Result> => world.payguard('review', ...args);
const decide = (verdict: string, order: string): Promise<Result> => review(verdict, '--order', order, ...PERSON);

/** An order whose payment points holds for a person. */
async function hold(outTradeNo: string, order: NewOrder): Promise<string> {
  await addOrder(world, outTradeNo, order);
  const transactionId = payUnnoticed(world, outTradeNo);
  const backups = ['--backup-dir', join(world.folder, 'backups')];
  const repaired = await world.payguard('repair', '--order', outTradeNo, ...PERSON, ...backups);
  expect(repaired.stdout).toContain('held for a person: payguard review list');
  return transactionId;
}

type Listed = { out_trade_no: string; transaction_id: string | null; why: string; verdict: { verdict: string } | null };
async function list(): Promise<Listed[]> {
  return JSON.parse((await review('list', '--json')).stdout);
}
async function listed(outTradeNo: string): Promise<Listed | undefined> {
  return (await list()).find((one) => one.out_trade_no === outTradeNo);
}

describe('payguard review', { timeout: TIMEOUT_MS }, () => {
  it('lists a late payment until somebody decides to credit it, which happens once', async () => {
    const transactionId = await hold('REVIEW_CREDIT', { userId: 1, closed: true });
    expect(await listed('REVIEW_CREDIT')).toMatchObject({
      transaction_id: transactionId,
      amount_total: 600,
      why: 'late_payment_review',
      verdict: null,
    });
    expect((await review('list')).stdout).toMatch(/REVIEW_CREDIT +19\d+ +600 +\d+ +20\S+ +late_payment_review +-/);

    const decided = await decide('credit', 'REVIEW_CREDIT');
    expect(decided).toMatchObject({ code: 0, stdout: 'REVIEW_CREDIT: credited\n' });
    expect(await balanceOf(world, 1)).toBe(760);
    expect(await listed('REVIEW_CREDIT')).toBeUndefined();
    const again = await decide('credit', 'REVIEW_CREDIT');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('is credited already') });
    expect(await balanceOf(world, 1)).toBe(760);
    await expectInvariantsHold(world);
  });

  it('has a payment sent back, and then neither credits nor dismisses it', async () => {
    await hold('REVIEW_REFUND', { userId: 2, creditHold: 'ledger_mismatch' });
    const decided = await decide('refund', 'REVIEW_REFUND');
    expect(decided).toMatchObject({ code: 0, stdout: 'REVIEW_REFUND: its refund is requested\n' });
    const refunds = await world.pool.query(REFUNDS, ['REVIEW_REFUND']);
    expect([...refunds]).toEqual([{ status: 'requested', amount: 600 }]);
    for (const verdict of ['credit', 'dismiss']) {
      await expect(decide(verdict, 'REVIEW_REFUND')).resolves.toMatchObject({ code: 2 });
    }
    expect(await balanceOf(world, 2)).toBe(100);
    await expectInvariantsHold(world);
  });

  it('keeps a dismissed payment on the list, and lets it be credited later', async () => {
    await hold('REVIEW_DISMISS', { userId: 3, closed: true });
    await expect(decide('dismiss', 'REVIEW_DISMISS')).resolves.toMatchObject({
      code: 0,
      stdout: 'REVIEW_DISMISS: dismissed\n',
    });
    expect(await listed('REVIEW_DISMISS')).toMatchObject({ why: 'dismissed', verdict: { verdict: 'dismiss' } });
    const again = await decide('dismiss', 'REVIEW_DISMISS');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('李薇 has decided so already') });
    expect(await balanceOf(world, 3)).toBe(100);
    await expect(decide('credit', 'REVIEW_DISMISS')).resolves.toMatchObject({ code: 0 });
    expect(await balanceOf(world, 3)).toBe(760);
  });

  it('notes every verdict before it is published, with both names', async () => {
    await hold('REVIEW_AUDIT', { userId: 4, closed: true });
    await review('credit', '--order', 'REVIEW_AUDIT', ...PERSON, '--approved-by', '王芳');
    const subject = `${world.merchant.mchid}:REVIEW_AUDIT`;
    const audit = await world.payguard('audit', 'list', '--subject', subject, '--json');
    const [entry] = JSON.parse(audit.stdout);
    expect(entry).toMatchObject({
      actor: '李薇',
      action: 'review.credit',
      before: { why: 'late_payment_review' },
      after: { verdict: 'credit', by: '李薇', approved_by: '王芳' },
    });
    await expect(world.payguard('audit', 'verify')).resolves.toMatchObject({ code: 0 });
  });

  it('credits nothing whose amount is not the order’s, whoever decides', async () => {
    await hold('REVIEW_AMOUNT', { userId: 5, closed: true });
    await world.pool.query("UPDATE payment_orders SET amount_total = 1 WHERE out_trade_no = 'REVIEW_AMOUNT'");
    const decided = await decide('credit', 'REVIEW_AMOUNT');
    expect(decided).toMatchObject({ code: 1, stdout: expect.stringContaining('it differs from the order') });
    expect(await balanceOf(world, 5)).toBe(100);
  });

  it('lists an order on hold that no payment is known of, and says what to do first', async () => {
    await addOrder(world, 'REVIEW_LEGACY', { userId: 6, creditHold: 'ledger_mismatch' });
    expect(await listed('REVIEW_LEGACY')).toMatchObject({ transaction_id: null, why: 'ledger_mismatch' });
    const refused = await decide('credit', 'REVIEW_LEGACY');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('payguard repair --order') });
  });

  it('neither credits an order whose points the ledger has already, nor sends its payment back', async () => {
    await hold('REVIEW_GIVEN', { userId: 8, creditHold: 'ledger_mismatch' });
    await world.pool.query(
      "INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no) VALUES (8, 'recharge', 660, 760, 'REVIEW_GIVEN')",
    );
    for (const verdict of ['credit', 'refund']) {
      const refused = await decide(verdict, 'REVIEW_GIVEN');
      expect(refused).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('660 points for REVIEW_GIVEN already'),
      });
    }
    await expect(decide('dismiss', 'REVIEW_GIVEN')).resolves.toMatchObject({ code: 0 });
  });

  it('refuses when nothing is held, and wrong options', async () => {
    await addOrder(world, 'REVIEW_NOTHING', { userId: 7 });
    for (const [args, message] of [
      [['credit', '--order', 'REVIEW_NOTHING', ...PERSON], 'Nothing is held of REVIEW_NOTHING'],
      [['credit', '--order', 'REVIEW_NOWHERE', ...PERSON], 'There is no order'],
      [['credit', '--order', 'REVIEW_NOTHING', '--by', '李薇'], '--reason is missing'],
      [['credit', '--order', 'REVIEW_NOTHING', ...PERSON, '--approved-by', '李薇'], 'the same person'],
      [['forget', '--order', 'REVIEW_NOTHING'], 'means nothing'],
    ] as const) {
      await expect(review(...args)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    }
  });
});
