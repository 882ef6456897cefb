import { syncOrder } from '@payguard/shared/sync-order/sync-order';
import type { PrepayRequest, PrepayResult, Refused } from '@payguard/shared/wechatpay-api/outcomes';
import { type Checkout, syncDependencies } from '../checkout.ts';
import type { Client } from '../http/authenticate.ts';
import { type Refusal, refuse } from '../http/problem.ts';
import type { ServedMerchant } from '../served-merchants.ts';
import { refuseImplausible, refuseSettled } from './check-order.ts';
import { deriveOrderNumber } from './derive-number.ts';
import { findKnownOrder } from './find-known-order.ts';
import { describeOrder } from './order-answer.ts';
import { hashOfRequest, hashOfTerms, type OrderRequest } from './order-request.ts';
import { type OrderView, toSync } from './order-view.ts';
import { type NewOrder, recordOrder } from './record-order.ts';

export type CreateOrderCall = {
  request: OrderRequest;
  merchant: ServedMerchant;
  client: Client;
  /** Required where the request brings no out_trade_no. */
  idempotencyKey: string | undefined;
};

export type CreatedOrder =
  | { outcome: 'prepaid'; isNew: boolean; view: OrderView; result: PrepayResult }
  /** Recorded and polled, but the payer has nothing to pay with yet. */
  | Refusal;

/** WeChat Pay, or its budget, may be back by then. */
const RETRY_AFTER_SECONDS = 2;
/** Found, else recorded, else found because another request was faster: three looks are enough. */
const MAX_LOOKS = 3;

/**
 * Makes an order and prepays it. First it is recorded, then WeChat Pay hears of it, always with the same parameters for the
 * same number: whatever fails in between, the same request again finds the order and goes on where it stopped.
 */
export async function createOrder(checkout: Checkout, call: CreateOrderCall): Promise<CreatedOrder> {
  const planned = planOrder(call, checkout.clock.now());
  if (planned.outcome === 'refused') return planned;
  const recorded = await findOrRecord(checkout, planned.order);
  if (recorded.outcome === 'refused') return recorded;
  const { view, isNew } = recorded;
  const settled = refuseSettled(view, checkout.clock.now());
  if (settled !== undefined) return settled;
  return prepay(checkout, call, view, isNew);
}

type PlannedOrder = { outcome: 'planned'; order: NewOrder } | Refusal;

/** Everything that the order will be, before the database is asked. */
function planOrder({ request, merchant, client, idempotencyKey }: CreateOrderCall, now: number): PlannedOrder {
  const appid = request.appid ?? merchant.appids[0] ?? '';
  const chosen = { mchid: merchant.mchid, appid };
  const outTradeNo = request.out_trade_no ?? numberOf(merchant, client, idempotencyKey);
  if (outTradeNo === undefined) {
    const detail =
      'out_trade_no: none was given, and none can be made; give one, or an Idempotency-Key to make it from.';
    return refuse('invalid-request', detail, { field: 'out_trade_no' });
  }
  const implausible = refuseImplausible(request, outTradeNo, merchant);
  if (implausible !== undefined) return implausible;
  const order = {
    ...chosen,
    outTradeNo,
    userId: request.user_id,
    amountTotal: request.amount_total,
    points: request.points,
    bonusPoints: request.bonus_points,
    tradeType: request.trade_type,
    termsHash: hashOfTerms(request, chosen),
    expiresAt: wholeSeconds(now) + request.expires_in_seconds * 1_000,
    idempotency:
      idempotencyKey === undefined
        ? undefined
        : { client: client.id, key: idempotencyKey, requestHash: hashOfRequest(request, chosen) },
  };
  return { outcome: 'planned', order };
}

function numberOf({ mchid, orderPrefixes }: ServedMerchant, client: Client, key: string | undefined) {
  return key === undefined ? undefined : deriveOrderNumber(orderPrefixes[0], { mchid, client: client.id, key });
}

/** time_expire has seconds: what stands in the database must be what WeChat Pay was told. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

type RecordedOrder = { outcome: 'recorded'; view: OrderView; isNew: boolean } | Refusal;

async function findOrRecord(checkout: Checkout, order: NewOrder): Promise<RecordedOrder> {
  const { pool, shopTimeZone, clock } = checkout;
  let isNew = false;
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const known = await findKnownOrder(pool, order, shopTimeZone);
    if (known.outcome === 'refused') return known;
    if (known.outcome === 'known') return { outcome: 'recorded', view: known.view, isNew };
    const recorded = await recordOrder(pool, order, { now: clock.now(), shopTimeZone });
    if (recorded === 'no_such_user') {
      return refuse('order-not-acceptable', `user_id: there is no user ${order.userId}.`, { field: 'user_id' });
    }
    isNew = recorded === 'recorded';
  }
  return refuse('unavailable', 'The order changes under our hands; send the same request again.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

async function prepay(
  checkout: Checkout,
  { request, merchant }: CreateOrderCall,
  view: OrderView,
  isNew: boolean,
): Promise<CreatedOrder> {
  const answer = await merchant.client.prepay(toPrepayRequest(request, merchant, view));
  switch (answer.outcome) {
    case 'prepaid':
      return { outcome: 'prepaid', isNew, view, result: answer.result };
    case 'unavailable': {
      checkout.log.warn({ outTradeNo: view.outTradeNo, reason: answer.reason, code: answer.code }, 'not prepaid yet');
      const detail = `WeChat Pay cannot be asked right now (${answer.reason}); send the same request again.`;
      const order = describeOrder(view);
      return refuse('unavailable', detail, { order, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    case 'refused':
      return explainRefused(checkout, merchant, view, answer);
  }
}

/** Only what the request and the recorded order say: the same for every repeat. */
function toPrepayRequest(request: OrderRequest, merchant: ServedMerchant, view: OrderView): PrepayRequest {
  const common = {
    appid: view.appid ?? '',
    outTradeNo: view.outTradeNo,
    description: request.description,
    amountTotal: request.amount_total,
    expiresAt: toSync(view).expiresAt,
    notifyUrl: merchant.notifyUrl,
    attach: request.attach,
  };
  switch (request.trade_type) {
    case 'native':
    case 'app':
      return { ...common, tradeType: request.trade_type };
    case 'jsapi':
      return { ...common, tradeType: 'jsapi', openid: request.openid };
    case 'h5':
      return { ...common, tradeType: 'h5', payerClientIp: request.payer_client_ip };
  }
}

/** Codes by which WeChat Pay says that it knows the number, and not as an order that waits for this request's payer. */
const ABOUT_THE_ORDER = new Set(['OUT_TRADE_NO_USED', 'ORDER_PAID', 'ORDERPAID', 'ORDER_CLOSED', 'ORDERCLOSED']);

async function explainRefused(
  checkout: Checkout,
  merchant: ServedMerchant,
  view: OrderView,
  { code, message, requestId }: Refused,
): Promise<Refusal> {
  const { outTradeNo } = view;
  checkout.log.warn({ outTradeNo, code, message, requestId }, 'prepay refused');
  const order = describeOrder(view);
  if (!ABOUT_THE_ORDER.has(code)) {
    return refuse('wechatpay-refused', `WeChat Pay does not prepay the order (${code}: ${message}).`, { order });
  }
  const state = await syncOrder(syncDependencies(checkout, merchant), toSync(view), 'query');
  if (state.outcome === 'paid')
    return refuse('order-paid', 'The order is paid; its points are on their way.', { order });
  if (state.outcome === 'closed')
    return refuse('order-closed', 'The order is closed; use a new out_trade_no.', { order });
  const detail = `WeChat Pay knows order ${outTradeNo} with other parameters (${code}); use a new out_trade_no.`;
  return refuse('order-differs', detail, { field: 'out_trade_no', order });
}
