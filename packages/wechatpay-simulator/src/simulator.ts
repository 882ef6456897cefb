import { randomBytes } from 'node:crypto';
import { buildApp } from './app.ts';
import type { Clock } from './clock/clock.ts';
import { type ClockOptions, createClock } from './clock/create-clock.ts';
import { describeMerchant, type MerchantDescription } from './control/describe-merchant.ts';
import type { FaultRates } from './faults/draw-fault.ts';
import { FaultPlan } from './faults/fault-plan.ts';
import type { MerchantSpec } from './merchants/generate-merchant.ts';
import { openMerchants } from './merchants/open-merchants.ts';
import { Deliveries } from './notifications/deliveries.ts';
import type { DeliverySummary } from './notifications/delivery-counts.ts';
import { ANSWER_TIMEOUT_MS, createNotificationPoster } from './notifications/post-notification.ts';
import { Slots } from './notifications/slots.ts';
import { type CreateOrderRequest, type CreateResult, createOrder } from './orders/create-order.ts';
import type { Order } from './orders/order.ts';
import { OrderBook } from './orders/order-book.ts';
import { type PayRequest, type PayResult, payOrder } from './orders/pay-order.ts';
import { RefundBook } from './refunds/refund-book.ts';
import { resetSimulator } from './reset-simulator.ts';
import type { SimulatorParts } from './simulator-parts.ts';

/** Enough to keep two cores busy signing; few enough for any receiver's backlog. */
export const DEFAULT_CONCURRENCY = 64;
const DEFAULT_MCHID = '1900000001';

export interface SimulatorOptions extends ClockOptions {
  /** One merchant (1900000001) when left out. */
  readonly merchants?: readonly MerchantSpec[] | undefined;
  /** Keys are kept here over restarts; in memory only when left out. */
  readonly stateDir?: string | undefined;
  /** Decides ids, payers and keys while rotating; random when left out. Fault rates bring their own. */
  readonly seed?: string | undefined;
  readonly defaultNotifyUrl?: string | undefined;
  /** Notifications sent at once. */
  readonly concurrency?: number | undefined;
  /** Real milliseconds a receiver has to answer; WeChat Pay's 5,000 when left out. */
  readonly answerTimeoutMs?: number | undefined;
  readonly host?: string | undefined;
}

export interface Simulator {
  /** Starts to serve and resolves to the URL of the API; port 0 or none takes a free one. */
  listen(port?: number): Promise<string>;
  /** Stops serving, drops waiting attempts, lets sends under way end (5 s at most). May be called twice. */
  close(): Promise<void>;
  /** Of `listen`; throws before it. */
  readonly apiUrl: string;
  readonly controlUrl: string;
  readonly merchants: readonly MerchantDescription[];
  readonly clock: Clock;
  createOrder(request: CreateOrderRequest): CreateResult;
  pay(request: PayRequest): PayResult;
  findOrder(mchid: string, outTradeNo: string): Order | undefined;
  setFaultRates(rates: FaultRates): void;
  redeliverNow(outTradeNo?: string): number;
  summary(): DeliverySummary;
  /** Resolves when no attempt is under way (waiting ones do not count). */
  idle(): Promise<void>;
  reset(): Promise<void>;
}

/** A whole WeChat Pay for one process. Generates or loads keys (about half a second a new merchant); serves nothing yet. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = createClock(options);
  const seed = options.seed ?? randomBytes(8).toString('hex');
  const poster = createNotificationPoster(options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
  const faultPlan = new FaultPlan();
  const slots = new Slots(options.concurrency ?? DEFAULT_CONCURRENCY);
  const parts: SimulatorParts = {
    merchants: await openMerchants(options.merchants ?? [{ mchid: DEFAULT_MCHID }], options.stateDir),
    clock,
    orders: new OrderBook(seed),
    refunds: new RefundBook(seed),
    faultPlan,
    deliveries: new Deliveries({ clock, faultPlan, poster, slots, seed }),
    slots,
    defaultNotifyUrl: options.defaultNotifyUrl,
    publicUrl: listeningUrl,
    stateDir: options.stateDir,
  };
  const app = buildApp(parts);
  let apiUrl: string | undefined;

  function listeningUrl(): string {
    if (apiUrl === undefined) throw new Error('The simulator has no URL before listen(); await listen() first.');
    return apiUrl;
  }

  return {
    listen: async (port = 0) => {
      apiUrl = await app.listen({ port, host: options.host ?? '127.0.0.1' });
      return apiUrl;
    },
    close: async () => {
      // Before: so that no call waits for a far retry. After: for payments that came in until the server had stopped.
      parts.deliveries.abandonAll();
      await app.close();
      parts.deliveries.abandonAll();
      clock.clear();
      await clock.idle();
      poster.close();
    },
    get apiUrl() {
      return listeningUrl();
    },
    get controlUrl() {
      return `${listeningUrl()}/control/v1`;
    },
    merchants: [...parts.merchants.values()].map((merchant) => describeMerchant(merchant, options.stateDir)),
    clock,
    createOrder: (request) => createOrder(parts, request),
    pay: (request) => payOrder(parts, request),
    findOrder: (mchid, outTradeNo) => parts.orders.find(mchid, outTradeNo),
    setFaultRates: (rates) => faultPlan.setRates(rates),
    redeliverNow: (outTradeNo) => parts.deliveries.redeliverNow(outTradeNo),
    summary: () => parts.deliveries.summary(),
    idle: () => clock.idle(),
    reset: () => resetSimulator(parts),
  };
}
