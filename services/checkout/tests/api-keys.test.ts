import { writeFileSync } from 'node:fs';
import { createApiKey } from '@payguard/shared/config/api-keys-file';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';
import { makeOrder, nativeOrder } from './order-steps.ts';

const LIMIT = 40;
let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld({ env: { RATE_LIMIT_PER_MINUTE: String(LIMIT) } });
});
afterAll(() => world?.stop());

const PATH = 'GET /v1/orders/KEYS_ORDER_1';

describe('an API key', () => {
  it.each([[null], ['pg_not-a-key-at-all-not-a-key-at-all'], ['x']])('is needed: %s is none', async (key) => {
    const answer = await world.api.call(PATH, { key });
    expect(answer).toMatchObject({ status: 401, json: { type: 'urn:payguard:problem:unauthenticated' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('reaches its merchants only: the others’ orders do not exist for it', async () => {
    await makeOrder(world, 'KEYS_ORDER_1');
    expect((await world.api.call(PATH)).status).toBe(200);
    expect((await world.api.call(`${PATH}?mchid=${world.other.mchid}`)).status).toBe(404);
    const body = nativeOrder({ out_trade_no: 'KEYS_ORDER_2', mchid: world.other.mchid });
    expect(await world.api.call('POST /v1/orders', { body })).toMatchObject({ status: 404, json: { field: 'mchid' } });
  });

  it('is replaced without a pause: both are valid, then only the new one', async () => {
    const first = createApiKey();
    const second = createApiKey();
    const both = createApiKey();
    const write = (...keys: { id: string; sha256: string; mchids: string[]; not_after?: string }[]) =>
      writeFileSync(world.apiKeysFile, JSON.stringify({ keys }));
    const mchids = [world.merchant.mchid];
    const expired = { id: 'old', sha256: both.sha256, mchids, not_after: '2026-01-01T00:00:00Z' };
    write({ id: 'shop', sha256: first.sha256, mchids }, { id: 'shop', sha256: second.sha256, mchids }, expired);
    const statusOf = async (key: string) => (await world.api.call(PATH, { key })).status;
    await vi.waitUntil(() => world.logText().includes('API keys reloaded'), { timeout: 10_000, interval: 50 });
    expect(await Promise.all([first, second, both].map(({ key }) => statusOf(key)))).toEqual([200, 200, 401]);

    write({ id: 'shop', sha256: second.sha256, mchids: [...mchids, world.other.mchid] });
    await vi.waitUntil(async () => (await statusOf(first.key)) === 401, { timeout: 10_000, interval: 1_000 });
    // One that reaches several has to say which one it means.
    expect(await world.api.call(PATH, { key: second.key })).toMatchObject({ status: 400, json: { field: 'mchid' } });
    const named = await world.api.call(`${PATH}?mchid=${world.merchant.mchid}`, { key: second.key });
    expect(named.status).toBe(200);

    writeFileSync(world.apiKeysFile, 'keys: [');
    await vi.waitUntil(() => world.logText().includes('old ones stay in use'), { timeout: 10_000, interval: 50 });
    expect((await world.api.call(`${PATH}?mchid=${world.merchant.mchid}`, { key: second.key })).status).toBe(200);
    expect(world.logText()).not.toContain(second.key);
  });

  it('has its own allowance a minute; more is answered 429 with when to come again', async () => {
    const answers = await Promise.all(Array.from({ length: LIMIT + 5 }, () => world.api.call(PATH, { key: null })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused[0]).toMatchObject({ json: { type: 'urn:payguard:problem:too-many-requests', retry: true } });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
