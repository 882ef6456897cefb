import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPayguard } from './run-payguard.ts';
import { addOrder, install, openShopWorld, type ShopWorld } from './shop-world.ts';

type Finding = { check: string; state: string; message: string; remedy: string | null; examples: string[] };

/** Each run of the command line tool is a process of its own. */
const TIMEOUT_MS = 120_000;

let world: ShopWorld;
beforeAll(async () => {
  world = await openShopWorld({ settings: { notifyUrl: 'https://pay.shop.com/api/payment/wechat/callback' } });
  await install(world);
});
afterAll(() => world?.close());

async function doctor(
  environment: Record<string, string> = {},
  ...options: string[]
): Promise<{ code: number; findings: Finding[] }> {
  const args = ['doctor', '--json', ...options];
  const { code, stdout } = await runPayguard(args, { ...world.environment, ...environment });
  return { code, findings: JSON.parse(stdout) };
}

async function find(check: string, environment: Record<string, string> = {}): Promise<Finding | undefined> {
  return (await doctor(environment)).findings.find((finding) => finding.check.startsWith(check));
}

describe('payguard doctor', { timeout: TIMEOUT_MS }, () => {
  it('finds nothing to mend where all is well, and says that a single broker is not', async () => {
    const { code, findings } = await doctor();
    expect(findings.filter(({ state, check }) => state !== 'ok' && check !== 'dead letters')).toMatchObject([
      { check: 'Kafka copies', state: 'warn', message: expect.stringContaining('single broker') },
    ]);
    expect(code).toBe(0);
    const { mchid, serialNo } = world.merchant;
    const message = (check: string) => findings.find((finding) => finding.check === check)?.message;
    expect(message(`private key of ${mchid}`)).toContain(`It fits its certificate ${serialNo}`);
    expect(message(`WeChat Pay for ${mchid}`)).toBe('A signed call is answered as it should be.');
    const text = await world.payguard('doctor');
    expect(text.stdout).toMatch(/^ok {4}merchants\.yaml: It names 1 merchant\./);
    expect(text.stdout).toMatch(/ok, \d to look at, 0 to mend\.\n$/);
  });

  it('--read-only leaves out what the reconciler’s user may not see, and a private key that is not here', async () => {
    const user = `test_doctor_${randomBytes(4).toString('hex')}`;
    const password = { PAYGUARD_PASSWORD_RECONCILER: 'secret' };
    await runPayguard(['grants', '--user', `reconciler=${user}`], { ...world.environment, ...password });
    const url = new URL(world.environment.DATABASE_URL ?? '');
    url.username = user;
    url.password = 'secret';
    const environment = { DATABASE_URL: url.href };
    expect(await doctor(environment)).toMatchObject({ code: 1 });

    const { code, findings } = await doctor(environment, '--read-only');
    expect(code).toBe(0);
    const skipped = findings.filter(({ state }) => state === 'skip').map(({ check }) => check);
    expect(skipped).toEqual(['dead letters', 'invariants', 'odd orders']);
    const { mchid, paths } = world.merchant;
    expect(findings).toContainEqual(expect.objectContaining({ check: `WeChat Pay for ${mchid}`, state: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'next checks', state: 'ok' }));

    const keys = { apiV3KeyFile: 'apiv3.key', verificationKeysDir: paths?.verification, certificateSerial: 'AB' };
    world.setMerchant({ keys: { ...keys, privateKeyFile: 'not-mounted.pem' } });
    const without = await runPayguard(['doctor', '--read-only'], { ...world.environment, ...environment });
    expect(without.stdout).toContain(`skip  private key of ${mchid}: It is not here`);
    expect(without.stdout).toContain('skip  WeChat Pay: It cannot be asked without a private key.');
    expect(without.stdout).toMatch(/ok, 5 left out, \d to look at, 0 to mend\.\n$/);
    world.setMerchant({});
    await world.pool.query(`DROP USER '${user}'@'%'`);
  });

  it.each<[string | undefined, string, string, Record<string, string>?]>([
    ['http://pay.shop.com/callback', 'fail', 'is not https'],
    ['https://localhost/callback', 'fail', 'localhost'],
    ['https://localhost/callback', 'warn', 'ALLOW_LOCAL_NOTIFY_URL allows it', { ALLOW_LOCAL_NOTIFY_URL: 'true' }],
    [undefined, 'warn', 'None is given'],
  ])('says of the notify URL %s: %s, %s', async (notifyUrl, state, message, variables = {}) => {
    world.setMerchant({ notifyUrl });
    expect(await find('notify URL', variables)).toMatchObject({ state, message: expect.stringContaining(message) });
  });

  it('sees a private key that is not the certificate’s, and a serial that is not', async () => {
    const { paths, privateKeyPem } = world.merchant;
    const folder = join(world.folder, 'other-keys');
    mkdirSync(folder);
    cpSync(paths?.certificate ?? '', join(folder, 'apiclient_cert.pem'));
    const privateKeyFile = join(folder, 'apiclient_key.pem');
    const keys = { apiV3KeyFile: 'apiv3.key', verificationKeysDir: paths?.verification, privateKeyFile };
    writeFileSync(privateKeyFile, world.merchant.platform.privateKeyPem);
    world.setMerchant({ keys: { ...keys, certificateSerial: world.merchant.serialNo } });
    expect(await find('private key')).toMatchObject({ state: 'fail', message: expect.stringContaining('not belong') });
    expect(await find('WeChat Pay for')).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('SIGN_ERROR'),
    });
    writeFileSync(privateKeyFile, privateKeyPem);
    world.setMerchant({ keys: { ...keys, certificateSerial: 'ABCDEF' } });
    expect(await find('private key')).toMatchObject({
      state: 'fail',
      remedy: expect.stringContaining('certificateSerial'),
    });
    rmSync(privateKeyFile);
    expect(await find('private key')).toMatchObject({
      state: 'fail',
      message: expect.stringContaining(privateKeyFile),
    });
    world.setMerchant({});
  });

  it('measures this machine’s clock against WeChat Pay’s', async () => {
    const ahead = createServer((_, answer) => {
      answer.writeHead(401, { date: new Date(Date.now() + 600_000).toUTCString() }).end();
    }).listen(0, '127.0.0.1');
    await once(ahead, 'listening');
    const address = ahead.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const clock = await find('clock', { WECHATPAY_API_URLS: `http://127.0.0.1:${port}` });
    expect(clock).toMatchObject({ state: 'fail', message: expect.stringMatching(/\d+\.\d s behind/) });
    ahead.close();
  });

  it('goes on where something cannot be reached', async () => {
    const { code, findings } = await doctor({ DATABASE_URL: 'mysql://nobody@127.0.0.1:1/none' });
    expect(code).toBe(1);
    const states = new Map(findings.map(({ check, state }) => [check, state]));
    expect(states.get('database')).toBe('fail');
    expect(states.get('Kafka')).toBe('ok');
    expect(await find('merchants.yaml', { MERCHANTS_FILE: '/nowhere.yaml' })).toMatchObject({ state: 'fail' });
  });

  it('sees orders that nobody takes care of', async () => {
    for (const number of ['DOCTOR_STALE', 'DOCTOR_FRESH', 'DOCTOR_PAID']) await addOrder(world, number, { userId: 1 });
    const { pool } = world;
    await pool.query("UPDATE payment_orders SET created_at = '2025-01-01' WHERE out_trade_no = 'DOCTOR_STALE'");
    await pool.query("UPDATE payment_orders SET created_at = '2099-01-01' WHERE out_trade_no <> 'DOCTOR_STALE'");
    await pool.query("UPDATE payment_orders SET payment_status = 'paid' WHERE out_trade_no = 'DOCTOR_PAID'");
    await pool.query(
      `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid)
       VALUES ('DOCTOR_A', 'DOCTOR_A', 1, 1, NULL), ('DOCTOR_B', 'DOCTOR_B', 1, 1, '1999')`,
    );
    await pool.query(
      `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, created_at, updated_at)
       SELECT id, mchid, 'REFUND_1', 600, 'requested', '2025-01-01', '2025-01-01' FROM payment_orders
        WHERE out_trade_no = 'DOCTOR_FRESH'`,
    );
    const { code, findings } = await doctor();
    expect(code).toBe(1);
    const examples = new Map(findings.map(({ check, state, examples }) => [check, [state, ...examples]]));
    expect(examples.get('next checks')).toEqual(['fail', 'DOCTOR_STALE']);
    expect(examples.get('paid orders without points')).toEqual(['warn', 'DOCTOR_PAID']);
    expect(examples.get('merchants of orders')).toEqual(['warn', 'no mchid: 1 order', '1999: 1 order']);
    expect(examples.get('requested refunds')).toEqual(['fail', 'DOCTOR_FRESH: REFUND_1']);
  });

  it('fails where an invariant is broken', async () => {
    await world.pool.query("UPDATE payment_orders SET credited_at = '2025-01-01' WHERE out_trade_no = 'DOCTOR_FRESH'");
    expect(await find('invariant credited_without_ledger_row')).toMatchObject({
      state: 'fail',
      examples: [expect.stringContaining('DOCTOR_FRESH')],
    });
  });
});
