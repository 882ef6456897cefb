import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Result, runPayguard } from './run-payguard.ts';
import {
  addOrder,
  balanceOf,
  expectInvariantsHold,
  install,
  openShopWorld,
  payUnnoticed,
  type ShopWorld,
} from './shop-world.ts';

const PERSON = ['--by', '李薇', '--reason', 'the callback was lost'];

/** Each run of the command line tool is a process of its own. */
const TIMEOUT_MS = 120_000;

let world: ShopWorld;
beforeAll(async () => {
  world = await openShopWorld();
  await install(world);
  await world.startPoints();
});
afterAll(() => world?.close());

function repair(...args: string[]): Promise<Result> {
  return world.payguard('repair', '--backup-dir', join(world.folder, 'backups'), ...args);
}

type Shown = { hash: string; orders: Record<string, unknown>[]; batch: { backup_file: string } | null };

async function dryRun(...args: string[]): Promise<Shown & { code: number }> {
  const { code, stdout } = await repair(...args, '--dry-run', '--json');
  return { code, ...JSON.parse(stdout) };
}

describe('payguard repair', { timeout: TIMEOUT_MS }, () => {
  it('credits a payment whose callback was lost, once, however often it is run', async () => {
    await addOrder(world, 'RECHARGE_ORDER_1', { userId: 1 });
    const transactionId = payUnnoticed(world, 'RECHARGE_ORDER_1');

    const shown = await repair('--order', 'RECHARGE_ORDER_1', '--dry-run');
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 to repair; this was a dry run/) });
    expect(shown.stdout).toMatch(new RegExp(`pending +SUCCESS +600 +600 +660 +${transactionId} +credit\n`));
    expect(await balanceOf(world, 1)).toBe(100);

    const repaired = await repair('--order', 'RECHARGE_ORDER_1', ...PERSON);
    expect(repaired).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/pending -> paid +balance 760 +credited/),
    });
    expect(await balanceOf(world, 1)).toBe(760);

    const again = await repair('--order', 'RECHARGE_ORDER_1', ...PERSON);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing: already credited') });
    expect(again.stdout).toContain('nothing to repair; nothing was done');
    expect(await balanceOf(world, 1)).toBe(760);
    await expectInvariantsHold(world);
  });

  it('keeps the rows as they were, the results, and who did it', async () => {
    await addOrder(world, 'RECHARGE_ORDER_2', { userId: 2 });
    payUnnoticed(world, 'RECHARGE_ORDER_2');
    const { hash } = await dryRun('--order', 'RECHARGE_ORDER_2');
    const { stdout } = await repair('--order', 'RECHARGE_ORDER_2', ...PERSON, '--json');
    const { batch }: Shown = JSON.parse(stdout);
    const file = batch?.backup_file ?? '';
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const backup = JSON.parse(readFileSync(file, 'utf8'));
    expect(backup.users).toMatchObject({
      columns: ['id', 'points', 'updated_at'],
      rows: [[2, 100, expect.any(String)]],
    });
    expect(backup.payment_orders.rows[0]).toContain('pending');

    const [row] = await world.pool.query('SELECT * FROM repair_batches ORDER BY id DESC LIMIT 1');
    expect(row).toMatchObject({ started_by: '李薇', dry_run_hash: hash, reason: 'the callback was lost' });
    expect(JSON.parse(row.backup)).toEqual(backup);
    expect(JSON.parse(row.results)).toMatchObject([{ out_trade_no: 'RECHARGE_ORDER_2', result: 'credited' }]);
    const subject = `${world.merchant.mchid}:RECHARGE_ORDER_2`;
    const listed = await world.payguard('audit', 'list', '--subject', subject, '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        actor: '李薇',
        action: 'repair.order',
        before: { payment_status: 'pending' },
        after: { payment_status: 'paid' },
      },
    ]);
    await expect(world.payguard('audit', 'verify')).resolves.toMatchObject({ code: 0 });
  });

  it('tells every kind of order in a file apart, and takes nothing from it but the number', async () => {
    await addOrder(world, 'RECHARGE_UNPAID', { userId: 3 });
    await addOrder(world, 'RECHARGE_CHEAPER', { userId: 3, amountTotal: 1 });
    await addOrder(world, 'RECHARGE_LEGACY', { userId: 3, amountTotal: null });
    await addOrder(world, 'RECHARGE_HELD', { userId: 3, creditHold: 'ledger_mismatch' });
    await addOrder(world, 'RECHARGE_CREDIT', { userId: 3 });
    for (const number of ['CHEAPER', 'LEGACY', 'HELD', 'CREDIT']) payUnnoticed(world, `RECHARGE_${number}`);
    const file = join(world.folder, 'list.csv');
    const numbers = ['UNPAID', 'CHEAPER', 'LEGACY', 'HELD', 'CREDIT', 'NOWHERE'].map((name) => `RECHARGE_${name}`);
    const lines = numbers.map((number) => `1,"paid, says the boss",${number},SUCCESS`);
    writeFileSync(file, ['\uFEFFamount,remark,out_trade_no,status', ...lines, lines[0]].join('\r\n'));

    const shown = await dryRun('--file', file);
    expect(shown.code).toBe(1);
    expect(shown.orders.map(({ out_trade_no, verdict }) => [out_trade_no, verdict])).toEqual([
      ['RECHARGE_UNPAID', 'not_paid'],
      ['RECHARGE_CHEAPER', 'differs'],
      ['RECHARGE_LEGACY', 'differs'],
      ['RECHARGE_HELD', 'hold'],
      ['RECHARGE_CREDIT', 'credit'],
      ['RECHARGE_NOWHERE', 'unknown_here'],
    ]);
    const { code, stdout } = await repair('--file', file, ...PERSON, '--json');
    expect(code).toBe(1);
    const { orders }: Shown = JSON.parse(stdout);
    expect(orders.map(({ result }) => result)).toEqual([
      undefined,
      undefined,
      undefined,
      'held',
      'credited',
      undefined,
    ]);
    expect(await balanceOf(world, 3)).toBe(760);
    await expectInvariantsHold(world);
  });

  it('concludes nothing from answers that cannot be believed', async () => {
    await addOrder(world, 'RECHARGE_FORGED', { userId: 4 });
    payUnnoticed(world, 'RECHARGE_FORGED');
    world.simulator.addApiFault({ outTradeNo: 'RECHARGE_FORGED', fault: { kind: 'wrongly_signed' } });
    const result = await repair('--order', 'RECHARGE_FORGED', ...PERSON);
    expect(result).toMatchObject({ code: 1, stdout: expect.stringContaining('not believed (untrusted)') });
    expect(await balanceOf(world, 4)).toBe(100);
  });

  it('in production repairs only what a dry run has shown, as long as that is still so', async () => {
    await addOrder(world, 'RECHARGE_PRODUCTION', { userId: 5 });
    world.environment.PAYGUARD_ENV = 'production';
    try {
      const { hash } = await dryRun('--order', 'RECHARGE_PRODUCTION');
      const mistyped = { ...world.environment, PAYGUARD_ENV: 'prod' };
      const unclear = await runPayguard(['repair', '--order', 'RECHARGE_PRODUCTION', ...PERSON], mistyped);
      expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining('PAYGUARD_ENV is wrong') });
      payUnnoticed(world, 'RECHARGE_PRODUCTION');
      const order = ['--order', 'RECHARGE_PRODUCTION', ...PERSON];
      await expect(repair(...order)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining('--confirm') });
      const stale = await repair(...order, '--confirm', hash);
      expect(stale).toMatchObject({ code: 2, stderr: expect.stringContaining('has changed since the dry run') });
      expect(await balanceOf(world, 5)).toBe(100);
      const fresh = await dryRun('--order', 'RECHARGE_PRODUCTION');
      await expect(repair(...order, '--confirm', fresh.hash)).resolves.toMatchObject({ code: 0 });
      expect(await balanceOf(world, 5)).toBe(760);
    } finally {
      delete world.environment.PAYGUARD_ENV;
    }
  });

  it.each([
    [[], 'No order is named'],
    [['--order', 'RECHARGE_1', '--file', 'x.csv'], 'not both'],
    [['--order', '1.75E+16'], 'is no order number'],
    [['--file', '/nowhere.csv'], 'cannot be read'],
    [['--order', 'RECHARGE_1', '--by', 'x'], '--reason is missing'],
  ])('refuses %j before anything is done', async (args, message) => {
    await expect(repair(...args)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('does nothing where the backup cannot be written', async () => {
    await addOrder(world, 'RECHARGE_BACKUP', { userId: 6 });
    payUnnoticed(world, 'RECHARGE_BACKUP');
    const args = ['repair', '--order', 'RECHARGE_BACKUP', ...PERSON, '--backup-dir', world.merchantsFile];
    await expect(world.payguard(...args)).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('backup'),
    });
    expect(await balanceOf(world, 6)).toBe(100);
    expect(readdirSync(join(world.folder, 'backups')).length).toBeGreaterThan(0);
  });
});
