import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';

/** The control API's own limit of a bulk call. */
const BULK = 10_000;
const POLL_MS = 20;
const DELIVERY_TIMEOUT_MS = 300_000;

/** Creates `count` orders and pays them all; their notifications are on their way when it resolves. */
export async function payInBulk(simulatorUrl: string, notifyUrl: string, count: number): Promise<void> {
  const run = randomBytes(4).toString('hex');
  for (let first = 0; first < count; first += BULK) {
    const numbers = Array.from({ length: Math.min(BULK, count - first) }, (_, n) => `BENCH_${run}_${first + n}`);
    await callControl(simulatorUrl, 'POST', '/orders', {
      orders: numbers.map((outTradeNo) => ({ outTradeNo, total: 100, notifyUrl })),
    });
    await callControl(simulatorUrl, 'POST', '/pay', { orders: numbers.map((outTradeNo) => ({ outTradeNo })) });
  }
}

export type Summary = { delivered: number; attemptsByStatus: Record<string, number> };

/** Resolves once the simulator's counts are as wanted; rejects after five minutes. */
export async function waitForSummary(simulatorUrl: string, isReached: (summary: Summary) => boolean): Promise<void> {
  const deadline = Date.now() + DELIVERY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (isReached((await callControl(simulatorUrl, 'GET', '/notifications/summary')) as Summary)) return;
    await delay(POLL_MS);
  }
  throw new Error(`The simulator has not delivered within ${DELIVERY_TIMEOUT_MS} ms.`);
}

export async function callControl(
  simulatorUrl: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${simulatorUrl}/control/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

export async function findMerchant(simulatorUrl: string): Promise<MerchantDescription> {
  const { merchants } = (await callControl(simulatorUrl, 'GET', '/merchants')) as { merchants: MerchantDescription[] };
  const [merchant] = merchants;
  if (merchant === undefined) throw new Error('the simulator has no merchant');
  return merchant;
}
