import { type Refusal, refuse } from '../http/problem.ts';
import type { ServedMerchant } from '../served-merchants.ts';
import { describeOrder } from './order-answer.ts';
import type { OrderRequest } from './order-request.ts';
import type { OrderView } from './order-view.ts';

const FEN_PER_YUAN = 100;
/** WeChat Pay refuses to prepay an order that has less than a minute left (page 4012791877); 5 s are for the way. */
const LEAST_LIFE_LEFT_MS = 65_000;

/** Why this merchant takes no such order; undefined when it does. */
export function refuseImplausible(
  request: OrderRequest,
  outTradeNo: string,
  merchant: Pick<ServedMerchant, 'appids' | 'orderPrefixes' | 'maxOrderAmount' | 'maxPointsPerYuan'>,
): Refusal | undefined {
  const { appids, orderPrefixes, maxOrderAmount, maxPointsPerYuan } = merchant;
  const points = request.points + request.bonus_points;
  if (request.appid !== undefined && !appids.some((appid) => appid === request.appid)) {
    return implausible('appid', `${request.appid} is none of the merchant's; give one of ${appids.join(', ')}`);
  }
  if (request.amount_total > maxOrderAmount) {
    return implausible('amount_total', `is more than maxOrderAmount, ${maxOrderAmount} fen; see merchants.yaml`);
  }
  if (points * FEN_PER_YUAN > maxPointsPerYuan * request.amount_total) {
    return implausible('points', `are more than ${maxPointsPerYuan} for a yuan, bonus included; see merchants.yaml`);
  }
  if (orderPrefixes.length > 0 && !orderPrefixes.some((prefix) => outTradeNo.startsWith(prefix))) {
    return implausible('out_trade_no', `must begin with ${orderPrefixes.join(' or ')}; see orderPrefixes`);
  }
  return undefined;
}

function implausible(field: string, what: string): Refusal {
  return refuse('order-not-acceptable', `${field} ${what}.`, { field });
}

/** Why nobody may pay this order any more (or again); undefined while it can be prepaid. `now`: ms UTC. */
export function refuseSettled(view: OrderView, now: number): Refusal | undefined {
  const order = describeOrder(view);
  if (view.creditedAt !== null || view.status === 'paid' || view.status === 'refunded') {
    return refuse('order-paid', 'The order is paid already; use a new out_trade_no for another payment.', { order });
  }
  if (view.closedAt !== null || view.status !== 'pending') {
    return refuse('order-closed', `The order is ${view.status}; use a new out_trade_no.`, { order });
  }
  if (view.expiresAt !== null && view.expiresAt <= now) {
    return refuse('order-expired', 'The order has run out of time; use a new out_trade_no.', { order });
  }
  if (view.expiresAt !== null && view.expiresAt - now < LEAST_LIFE_LEFT_MS) {
    const detail =
      'The order ends within a minute; close it (a code given out before still works), then use a new one.';
    return refuse('order-expired', detail, { order });
  }
  return undefined;
}
