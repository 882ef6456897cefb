import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { SmokeConfig } from './config.ts';
import { findUser } from './find-user.ts';

/** A callback and a credit take a tenth of a second; the rest is for pods that have only just become ready. */
const WITHIN_MS = 60_000;
const CALL_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 100;
const AMOUNT_FEN = 100;

const notifiedSchema = z.object({
  notification: z.object({ state: z.string(), attempts: z.array(z.object({ status: z.int().nullable() })) }).nullable(),
});
const orderSchema = z.object({ credited_at: z.string().nullable(), points: z.int() });

/**
 * Makes an order through the order API, pays it in the simulator, sees the simulator's really signed callback accepted and
 * the points given. Answers one line; throws one sentence that says how far it came.
 */
export async function payOneOrder({
  CHECKOUT_URL,
  SIMULATOR_URL,
  API_KEY_FILE,
  DATABASE_URL,
}: SmokeConfig): Promise<string> {
  const key = (await readFile(API_KEY_FILE, 'utf8')).trim();
  const deadline = performance.now() + WITHIN_MS;
  const outTradeNo = `SMOKE_${Date.now().toString(36).toUpperCase()}`;
  const ordersUrl = `${CHECKOUT_URL}/v1/orders`;
  const simulatedUrl = `${SIMULATOR_URL}/control/v1/orders/${outTradeNo}`;

  const terms = { out_trade_no: outTradeNo, user_id: await findUser(DATABASE_URL), amount_total: AMOUNT_FEN };
  await untilDone('the order API did not make the order', deadline, async () => {
    await call(ordersUrl, key, { ...terms, trade_type: 'native', points: AMOUNT_FEN, description: 'smoke test' });
    return true;
  });
  await call(`${simulatedUrl}/pay`, undefined, {});
  const paidAt = performance.now();
  // Nobody asks the order API meanwhile: it would ask WeChat Pay, and credit what the callback ought to.
  const answered = await untilDone('the signed callback was not accepted', deadline, async () => {
    const { notification } = notifiedSchema.parse(await call(simulatedUrl));
    const status = notification?.attempts.at(-1)?.status;
    if (notification?.state === 'delivered') return { status, ms: Math.round(performance.now() - paidAt) };
    throw new Error(status === undefined ? 'it was not answered' : `it was answered ${status}`);
  });
  await untilDone('the points were not given', deadline, async () => {
    const { credited_at } = orderSchema.parse(await call(`${ordersUrl}/${outTradeNo}`, key));
    if (credited_at === null) throw new Error('the order is still pending');
    return true;
  });
  const creditedMs = Math.round(performance.now() - paidAt);
  return `smoke: ${outTradeNo} was paid; its callback was answered ${answered.status} after ${answered.ms} ms, and credited after ${creditedMs} ms`;
}

/** Tries until it does not throw; at the deadline the sentence says what failed, and how it failed last. */
async function untilDone<T>(failure: string, deadline: number, attempt: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await attempt();
    } catch (err) {
      if (performance.now() > deadline) {
        throw new Error(
          `smoke: ${failure} within ${WITHIN_MS / 1_000} s: ${err instanceof Error ? err.message : err}.`,
        );
      }
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function call(url: string, key?: string, body?: object): Promise<unknown> {
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${new URL(url).host} answered ${answer.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
