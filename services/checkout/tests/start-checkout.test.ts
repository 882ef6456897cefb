import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkMetrics } from '../../../packages/shared/tests/telemetry/promtool.ts';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';
import { makeOrder } from './order-steps.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');

let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld();
});
afterAll(() => world?.stop());

/** The program with these variables; resolves when it has ended by itself. */
async function runMain(env: Record<string, string>): Promise<{ code: unknown; stderr: string }> {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...world.env, LOG_LEVEL: 'silent', ...env } });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

function writeMerchants(change: (merchant: Record<string, unknown>) => void): string {
  const file = JSON.parse(readFileSync(world.env.MERCHANTS_FILE ?? '', 'utf8'));
  for (const merchant of file.merchants) change(merchant);
  const path = `${world.env.MERCHANTS_FILE}.changed`;
  writeFileSync(path, JSON.stringify(file));
  return path;
}

describe('the order API', () => {
  it('does not start with a notifyUrl that WeChat Pay could not call, and says why', async () => {
    const { code, stderr } = await runMain({ ALLOW_LOCAL_NOTIFY_URL: 'false' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^merchants\.yaml: merchant \d+: notifyUrl .* is not https; .*\.\n$/);
  });

  it('does not start without a notifyUrl, or with keys for a merchant that it does not serve', async () => {
    const MERCHANTS_FILE = writeMerchants((merchant) => {
      delete merchant.notifyUrl;
    });
    expect(await runMain({ MERCHANTS_FILE })).toMatchObject({ code: 2, stderr: expect.stringContaining('notifyUrl') });
    const API_KEYS_FILE = `${world.apiKeysFile}.changed`;
    const keys = [{ id: 'shop', sha256: 'a'.repeat(64), mchids: ['999'] }];
    writeFileSync(API_KEYS_FILE, JSON.stringify({ keys }));
    expect(await runMain({ API_KEYS_FILE })).toMatchObject({ code: 2, stderr: expect.stringContaining('999') });
  });

  it('counts requests by route and status, and calls to WeChat Pay by outcome', async () => {
    await makeOrder(world, 'METRICS_1');
    await world.api.call('GET /v1/orders/METRICS_1', { key: null });
    const text = await (await fetch(`${world.operationsUrl}/metrics`)).text();
    const service = 'service="checkout"';
    expect(text).toContain(`payguard_checkout_requests_total{route="POST /v1/orders",status="201",${service}} 1`);
    expect(text).toContain(
      `payguard_checkout_requests_total{route="GET /v1/orders/:out_trade_no",status="401",${service}} 1`,
    );
    expect(text).toContain(`payguard_checkout_wechat_calls_total{call="prepay",outcome="prepaid",${service}} 1`);
    const prepay = 'task="checkout",operation="prepay"';
    expect(text).toContain(`payguard_wechatpay_requests_total{${prepay},outcome="ok",${service}} 1`);
    expect(text).toContain(`payguard_wechatpay_requests_total{${prepay},outcome="timeout",${service}} 0`);
    expect(text).toContain(`payguard_wechatpay_request_duration_seconds_count{${service},${prepay}} 1`);
    const route = 'route="POST /v1/orders/:out_trade_no/refunds"';
    expect(text).toContain(`payguard_checkout_request_duration_seconds_count{${service},${route}} 0`);
  });

  it('has metrics that promtool has nothing against', async () => {
    expect((await checkMetrics(world.operationsUrl)) ?? '').toBe('');
  });

  it('writes neither keys nor payers into its log', async () => {
    const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
    await makeOrder(world, 'SECRETS_1', { trade_type: 'jsapi', openid });
    expect(world.logText()).toContain('request answered');
    expect(world.logText()).not.toContain(openid);
    expect(world.logText()).not.toContain(world.apiKey);
  });
});
