import { Bills } from './bills/bills.ts';
import type { Clock } from './clock/clock.ts';
import { describeMerchant, type MerchantDescription } from './control/describe-merchant.ts';
import type { ApiFaultRule, ApiFaultWish } from './faults/api-fault-rule.ts';
import type { FaultRates } from './faults/draw-fault.ts';
import type { FaultFilter } from './faults/fault-log.ts';
import { FaultPlan } from './faults/fault-plan.ts';
import type { FaultRecord } from './faults/fault-record.ts';
import type { OrderFaultInput, RefundNumberFaultInput } from './faults/order-fault.ts';
import type { Outage, OutageWish } from './faults/outages.ts';
import { setOrderFaults, setRefundFaults } from './faults/set-faults.ts';
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
import { type ServerOptions, Servers } from './servers.ts';
import type { SimulatorParts } from './simulator-parts.ts';
import { type OpenState, openState, type StateOptions } from './state/open-state.ts';
import { postWhenSaved } from './state/post-when-saved.ts';

/** Enough to keep two cores busy signing; few enough for any receiver's backlog. */
export const DEFAULT_CONCURRENCY = 64;
const DEFAULT_MCHID = '1900000001';

export interface SimulatorOptions extends StateOptions, ServerOptions {
  /** One merchant (1900000001) when left out. */
  readonly merchants?: readonly MerchantSpec[] | undefined;
  /** Keys alone are kept here over restarts; where the state is when left out. */
  readonly keysDir?: string | undefined;
  readonly defaultNotifyUrl?: string | undefined;
  /** Notifications sent at once. */
  readonly concurrency?: number | undefined;
  /** Real milliseconds a receiver has to answer; WeChat Pay's 5,000 when left out. */
  readonly answerTimeoutMs?: number | undefined;
  /** Where payers' browsers and callers reach it, for h5_url and download_url; where it listens when left out. */
  readonly publicUrl?: string | undefined;
}

export interface Simulator {
  /** Starts to serve and resolves to the URL of the API; port 0 or none takes a free one. */
  listen(port?: number): Promise<string>;
  /**
   * Stops serving and sending; sends under way end (5 s at most). What waits goes on after the next start with the same
   * state directory. May be called twice.
   */
  close(): Promise<void>;
  /** Of `listen`; throws before it. */
  readonly apiUrl: string;
  readonly controlUrl: string;
  /** Of `listen`, with `tlsPort`. */
  readonly tlsUrl: string | undefined;
  /** As they are now: certificates and shares change. */
  readonly merchants: readonly MerchantDescription[];
  readonly clock: Clock;
  createOrder(request: CreateOrderRequest): CreateResult;
  pay(request: PayRequest): PayResult;
  findOrder(mchid: string, outTradeNo: string): Order | undefined;
  setFaultRates(rates: FaultRates): void;
  /** What befalls an order, known yet or not. False when no more can be kept; throws a ZodError for nonsense. */
  setFaults(outTradeNo: string, faults: readonly OrderFaultInput[]): boolean;
  /** The same for a refund. */
  setRefundFaults(outRefundNo: string, faults: readonly RefundNumberFaultInput[]): boolean;
  /** Undefined when there are as many rules as can be kept; throws a ZodError for nonsense. */
  addApiFault(wish: ApiFaultWish): ApiFaultRule | undefined;
  removeApiFault(id: string): boolean;
  /** Undefined when there are as many outages as can be kept. */
  addOutage(wish: OutageWish): Outage | undefined;
  removeOutage(id: string): boolean;
  /** Every fault that has happened and fits the filter, in order. */
  faults(filter?: FaultFilter): readonly FaultRecord[];
  redeliverNow(outTradeNo?: string): number;
  summary(): DeliverySummary;
  /** Resolves when no attempt is under way (waiting ones do not count). */
  idle(): Promise<void>;
  reset(): Promise<void>;
}

/** A whole WeChat Pay for one process. Generates or loads keys (about half a second a new merchant); serves nothing yet. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const state = openState(options);
  try {
    return await assemble(options, state);
  } catch (error) {
    state.keeper.close();
    throw error;
  }
}

async function assemble(options: SimulatorOptions, state: OpenState): Promise<Simulator> {
  const { clock, seed, keeper } = state;
  const keysDir = options.keysDir ?? options.stateDir;
  const poster = postWhenSaved(createNotificationPoster(options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS), keeper);
  const faultPlan = new FaultPlan(seed, keeper);
  const slots = new Slots(options.concurrency ?? DEFAULT_CONCURRENCY);
  const parts: SimulatorParts = {
    merchants: await openMerchants(options.merchants ?? [{ mchid: DEFAULT_MCHID }], keysDir, clock),
    clock,
    orders: new OrderBook(seed, keeper),
    refunds: new RefundBook(seed, keeper),
    bills: new Bills(seed),
    faultPlan,
    deliveries: new Deliveries({ clock, faultPlan, keeper, poster, slots, seed }),
    slots,
    keeper,
    defaultNotifyUrl: options.defaultNotifyUrl,
    publicUrl: () => options.publicUrl ?? servers.url,
    keysDir,
  };
  const resume = state.restore(parts);
  const servers = new Servers(parts, options);

  return {
    listen: async (port = 0) => {
      await servers.listen(port);
      // Not before: a receiver may ask back at once.
      resume();
      return servers.url;
    },
    close: async () => {
      // Before: so that no call waits for a far retry. After: for what was planned until the server had stopped.
      parts.deliveries.stop();
      clock.clear();
      await servers.close();
      clock.clear();
      await clock.idle();
      clock.clear();
      poster.close();
      keeper.close();
    },
    get apiUrl() {
      return servers.url;
    },
    get controlUrl() {
      return `${servers.url}/control/v1`;
    },
    get tlsUrl() {
      return servers.tlsUrl;
    },
    get merchants() {
      return [...parts.merchants.values()].map((merchant) => describeMerchant(merchant, keysDir));
    },
    clock,
    createOrder: (request) => createOrder(parts, request),
    pay: (request) => payOrder(parts, request),
    findOrder: (mchid, outTradeNo) => parts.orders.find(mchid, outTradeNo),
    setFaultRates: (rates) => faultPlan.setRates(rates),
    setFaults: (outTradeNo, faults) => setOrderFaults(parts, outTradeNo, faults),
    setRefundFaults: (outRefundNo, faults) => setRefundFaults(parts, outRefundNo, faults),
    addApiFault: (wish) => faultPlan.apiFaults.add(wish),
    removeApiFault: (id) => faultPlan.apiFaults.remove(id),
    addOutage: (wish) => faultPlan.outages.add(wish),
    removeOutage: (id) => faultPlan.outages.remove(id),
    faults: (filter = {}) => faultPlan.log.page(filter, 0, Number.POSITIVE_INFINITY).records,
    redeliverNow: (outTradeNo) => parts.deliveries.redeliverNow(outTradeNo),
    summary: () => parts.deliveries.summary(),
    idle: () => clock.idle(),
    reset: () => resetSimulator(parts),
  };
}
