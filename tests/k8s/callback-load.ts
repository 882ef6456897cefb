import { setTimeout as delay } from 'node:timers/promises';
import { signCallback } from '@payguard/local/load/signed-callbacks';
import { type LoadOrder, type OrderFeed, openOrderFeed } from './order-feed.ts';
import type { Outside } from './outside.ts';
import { isFine, openRequestLoad, type RequestLoad } from './request-load.ts';

/** A second's orders are paid in two steps, some of them ahead of their callbacks: the simulator takes its time. */
const TICK_MS = 500;
const TICKS_AHEAD = 10;
/** More than this behind, and it would be a flood that nobody asked for. */
const CATCH_UP_MS = 5_000;
/** WeChat Pay waits 15 s; what is tried is whether the next one is taken, not how long it waits. */
const RETRY_AFTER_MS = 5_000;
const MAX_RETRIES = 60;
/** WeChat Pay hangs up after 5 s; a shop waits longer than the order API does for a database (8 s). */
const WECHATPAY_TIMEOUT_MS = 5_000;
const SHOP_TIMEOUT_MS = 15_000;
const ORDER_API_PER_SECOND = 10;

export type CallbackLoad = {
  /** Of the first send of each callback; retries are counted apart. */
  readonly callbacks: RequestLoad;
  /** Reads of one order through the order API, ten a second. */
  readonly orderApi: RequestLoad;
  readonly feed: OrderFeed;
  readonly retries: { sent: number; accepted: number; givenUp: number };
  readonly late: number;
  /** Ends the load, and waits until every callback was accepted at last. */
  stop(): Promise<void>;
};

/** Really signed callbacks at a fixed rate through the gateway's Service; what is not answered 2xx is sent again. */
export async function startCallbackLoad(outside: Outside, rate: number): Promise<CallbackLoad> {
  const feed = await openOrderFeed(outside, rate);
  await feed.stockUp(0);
  const callbacks = openRequestLoad(outside.callbackUrl, WECHATPAY_TIMEOUT_MS);
  const again = openRequestLoad(outside.callbackUrl, WECHATPAY_TIMEOUT_MS);
  const [asked] = await feed.takePaid(1);
  const orderApi = openRequestLoad(`${outside.checkoutUrl}/v1/orders/${asked?.outTradeNo}`, SHOP_TIMEOUT_MS);
  const retries = { sent: 0, accepted: 0, givenUp: 0 };
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  let late = 0;

  const follow = (work: Promise<void>): void => {
    open.add(work);
    void work.finally(() => open.delete(work));
  };
  const notify = async (order: LoadOrder): Promise<void> => {
    const { result } = await callbacks.send(await sign(outside, order));
    if (!isFine(result)) await sendAgain(order);
  };
  const sendAgain = async (order: LoadOrder): Promise<void> => {
    for (let n = 0; n < MAX_RETRIES; n += 1) {
      await delay(RETRY_AFTER_MS);
      retries.sent += 1;
      if (isFine((await again.send(await sign(outside, order))).result)) {
        retries.accepted += 1;
        return;
      }
    }
    retries.givenUp += 1;
  };
  const sendEvenly = async (orders: readonly LoadOrder[], from: number): Promise<void> => {
    for (const [n, order] of orders.entries()) {
      await delay(Math.max(0, from + (n * TICK_MS) / orders.length - performance.now()));
      follow(notify(order));
    }
  };
  const sendAll = async (): Promise<void> => {
    const take = () => feed.takePaid((rate * TICK_MS) / 1_000);
    const ahead = Array.from({ length: TICKS_AHEAD }, take);
    let at = performance.now() + TICK_MS;
    while (!stopping.signal.aborted) {
      const orders = (await ahead.shift()) ?? [];
      ahead.push(take());
      // The machine did not keep up: what is late is sent at once, so that the rate is held.
      const behindMs = performance.now() - at;
      if (behindMs > TICK_MS) late += 1;
      if (behindMs > CATCH_UP_MS) at = performance.now();
      await sendEvenly(orders, at);
      at += TICK_MS;
    }
    // Paid already: without its callback only the poll would find it.
    for (const orders of ahead) await sendEvenly(await orders, at);
  };
  const askAll = async (): Promise<void> => {
    const headers = { authorization: `Bearer ${outside.apiKey}` };
    while (!stopping.signal.aborted) {
      follow(orderApi.send({ method: 'GET', headers }).then(() => undefined));
      await delay(1_000 / ORDER_API_PER_SECOND);
    }
  };
  const work = Promise.all([sendAll(), askAll()]);
  // Somebody awaits it at the end; until then a failure must not end the process.
  work.catch(() => undefined);
  if (asked !== undefined) follow(notify(asked));

  return {
    ...{ callbacks, orderApi, feed, retries },
    get late() {
      return late;
    },
    async stop() {
      stopping.abort();
      await work;
      await Promise.all(open);
      for (const load of [callbacks, again, orderApi]) load.close();
    },
  };
}

async function sign(outside: Outside, order: LoadOrder) {
  const { headers, body } = await signCallback(outside.signing, order);
  return { method: 'POST', headers: { ...headers, 'content-length': body.length }, body };
}
