import type { z } from 'zod';
import { faultsSchema } from '../faults/fault.ts';
import { soleMerchant } from '../merchants/open-merchants.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { Order } from './order.ts';
import type { PaymentWish, PayRefusal } from './order-book.ts';
import { totalSchema } from './order-rules.ts';

export interface PayRequest {
  readonly outTradeNo: string;
  /** May be left out while there is one merchant. */
  readonly mchid?: string | undefined;
  /** Drawn from the seed when left out. */
  readonly transactionId?: string | undefined;
  /** ms UTC; now when left out. */
  readonly successTimeMs?: number | undefined;
  readonly openid?: string | undefined;
  readonly bankType?: string | undefined;
  /** Fen of the total that a coupon pays instead of the payer: payer_total is less than total by so much. */
  readonly coupon?: number | undefined;
  /** Pays even a closed or expired order, as a payer does who had begun before. */
  readonly late?: boolean | undefined;
  /** Instead of those set ahead or drawn by rate; `[]` for none. */
  readonly faults?: z.input<typeof faultsSchema> | undefined;
}

export type PayResult =
  | { readonly kind: 'paid'; readonly order: Order; readonly transactionId: string }
  | { readonly kind: 'unknown_merchant' | PayRefusal };

/**
 * Pays an order as the payer would: it is SUCCESS when this returns, and its notification is on its way. Throws a ZodError
 * for faults or a coupon that make no sense, before anything is done.
 */
export function payOrder(parts: SimulatorParts, request: PayRequest): PayResult {
  const merchant = soleMerchant(parts.merchants, request.mchid);
  if (merchant === undefined) return { kind: 'unknown_merchant' };
  const givenFaults = request.faults === undefined ? undefined : faultsSchema.parse(request.faults);
  const nowMs = parts.clock.now();
  const wish: PaymentWish = {
    transactionId: request.transactionId,
    successTimeMs: request.successTimeMs ?? nowMs,
    openid: request.openid,
    bankType: request.bankType,
    coupon: request.coupon === undefined ? undefined : totalSchema.parse(request.coupon),
    late: request.late,
  };
  const outcome = parts.orders.pay(merchant.mchid, request.outTradeNo, wish, nowMs);
  if (outcome.kind !== 'paid') return { kind: outcome.kind };
  const faults = parts.faultPlan.faultsFor(request.outTradeNo, givenFaults);
  const { order, payment } = outcome;
  parts.deliveries.start({ kind: 'payment', order, payment }, merchant, faults);
  return { kind: 'paid', order, transactionId: payment.transactionId };
}
