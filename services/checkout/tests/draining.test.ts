import { Agent, request } from 'node:http';
import { environment } from '@payguard/checkout/config';
import { startCheckout } from '@payguard/checkout/start-checkout';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';
import { makeOrder } from './order-steps.ts';

const DRAIN_SECONDS = 1;
const WITHIN = { timeout: 10_000, interval: 10 };

let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld();
});
afterAll(() => world?.stop());

type Answer = { status: number | undefined; connection: string | undefined; body: unknown };

function get(agent: Agent, url: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${world.apiKey}` };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => {
        text += part;
      });
      const { statusCode: status, headers: answered } = answer;
      answer.on('end', () => resolve({ status, connection: answered.connection, body: JSON.parse(text) }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe('an order API that is told to stop', () => {
  it('is not ready at once, answers on, and lets waiters wait until its drain is over', async () => {
    await makeOrder(world, 'DRAIN_1');
    const config = loadEnvironment(environment, { ...world.env, DRAIN_SECONDS: String(DRAIN_SECONDS) });
    const leaving = await startCheckout(config, createLogger('checkout', 'silent'));
    const order = `${leaving.url}/v1/orders/DRAIN_1`;
    const isReady = async () => (await fetch(`${leaving.operationsUrl}/health/ready`)).ok;
    await vi.waitUntil(isReady, WITHIN);
    const agent = new Agent({ keepAlive: true });
    expect(await get(agent, order)).toMatchObject({ status: 200, connection: 'keep-alive' });
    const waiter = get(new Agent(), `${order}?wait=60`);
    const waiters = async () =>
      /checkout_waiters\{.*\} 1$/m.test(await (await fetch(`${leaving.operationsUrl}/metrics`)).text());
    await vi.waitUntil(waiters, WITHIN);

    const startedAt = performance.now();
    const stopped = leaving.stop();
    const waited = waiter.then((answer) => ({ ...answer, ms: performance.now() - startedAt }));
    expect(await isReady()).toBe(false);
    for (let n = 0; n < 3; n += 1) expect(await get(agent, order)).toMatchObject({ status: 200, connection: 'close' });
    expect(await waited).toMatchObject({ status: 200, connection: 'close', body: { out_trade_no: 'DRAIN_1' } });
    // A timer may be a millisecond early.
    expect((await waited).ms).toBeGreaterThan(DRAIN_SECONDS * 1_000 - 10);
    await stopped;
    agent.destroy();
  });
});
