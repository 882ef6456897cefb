import { planLatePayment } from '../faults/late-payment.ts';
import { soleMerchant } from '../merchants/open-merchants.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { Order, OrderTerms, TradeType } from './order.ts';
import { DEFAULT_ORDER_LIFE_MS, totalSchema } from './order-rules.ts';

export interface CreateOrderRequest {
  readonly outTradeNo: string;
  /** Fen. */
  readonly total: number;
  /** May be left out while there is one merchant. */
  readonly mchid?: string | undefined;
  /** The simulator's default when left out. */
  readonly notifyUrl?: string | undefined;
  readonly description?: string | undefined;
  readonly attach?: string | undefined;
  /** NATIVE when left out. */
  readonly tradeType?: TradeType | undefined;
  /** ms UTC; seven days from now when left out. Not held to the prepay API's limits. */
  readonly expiresAtMs?: number | undefined;
}

export type CreateResult =
  | { readonly kind: 'created'; readonly order: Order }
  | { readonly kind: 'unknown_merchant' | 'no_notify_url' | 'differs' | 'closed' | 'full' };

/**
 * Makes an order without a signed prepay call. An identical repeat gives the same order. Throws a ZodError for a total
 * that is no whole number of fen.
 */
export function createOrder(parts: SimulatorParts, request: CreateOrderRequest): CreateResult {
  const merchant = soleMerchant(parts.merchants, request.mchid);
  if (merchant === undefined) return { kind: 'unknown_merchant' };
  const notifyUrl = request.notifyUrl ?? parts.defaultNotifyUrl;
  if (notifyUrl === undefined) return { kind: 'no_notify_url' };
  const nowMs = parts.clock.now();
  const terms: OrderTerms = {
    mchid: merchant.mchid,
    appid: merchant.appid,
    outTradeNo: request.outTradeNo,
    tradeType: request.tradeType ?? 'NATIVE',
    description: request.description ?? request.outTradeNo,
    notifyUrl,
    total: totalSchema.parse(request.total),
    attach: request.attach,
    payerOpenid: undefined,
    expiresAtMs: request.expiresAtMs ?? nowMs + DEFAULT_ORDER_LIFE_MS,
  };
  const { expiresAtMs: _, ...compared } = terms;
  const outcome = parts.orders.place(terms, JSON.stringify({ ...compared, expiresAtMs: request.expiresAtMs }), nowMs);
  if (outcome.kind === 'placed') planLatePayment(parts, outcome.order);
  switch (outcome.kind) {
    case 'placed':
    case 'repeated':
      return { kind: 'created', order: outcome.order };
    case 'already_paid':
      return { kind: 'differs' };
    default:
      return { kind: outcome.kind };
  }
}
