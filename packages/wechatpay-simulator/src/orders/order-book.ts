import { FORGETFUL, type Keeper } from '../state/keeper.ts';
import { drawOpenid, drawTransactionId } from './draw-payment.ts';
import { NO_REFUNDS, type Order, type OrderTerms, type Payment } from './order.ts';
import { isHandleExpired, issuePrepayHandle } from './prepay-handle.ts';
import { digestOf } from './request-digest.ts';

/** About 2.5 KB an order whose notification waits (measured): half a million fit into Node's default heap. */
export const MAX_ORDERS = 500_000;

export type PlaceOutcome =
  | { readonly kind: 'placed' | 'repeated'; readonly order: Order }
  | { readonly kind: 'differs' | 'already_paid' | 'closed' | 'full' };

export type PayOutcome =
  | { readonly kind: 'paid'; readonly order: Order; readonly payment: Payment }
  | { readonly kind: PayRefusal };

export type PayRefusal =
  | 'unknown_order'
  | 'already_paid'
  | 'closed'
  | 'expired'
  | 'coupon_too_high'
  | 'transaction_id_used';

export type CloseOutcome = 'closed' | 'unknown_order' | 'already_paid' | 'too_old';

/** An order can be closed within seven days of its creation (facts §3.2). */
const CLOSE_PERIOD_MS = 7 * 24 * 3_600_000;

export interface PaymentWish {
  readonly transactionId?: string | undefined;
  readonly successTimeMs: number;
  readonly openid?: string | undefined;
  readonly bankType?: string | undefined;
  /** Fen; see Payment. */
  readonly coupon?: number | undefined;
  /** The payer had begun before the order was closed or expired: the payment comes all the same. */
  readonly late?: boolean | undefined;
}

/** All orders, in memory, in order of creation. One out_trade_no is one order per merchant. */
export class OrderBook {
  readonly #seed: string;
  /** By mchid, then by out_trade_no: a key made of both would be one more text for each order. */
  readonly #orders = new Map<string, Map<string, Order>>();
  readonly #inOrder: Order[] = [];
  readonly #byTransactionId = new Map<string, Order>();

  readonly #keeper: Keeper;

  constructor(seed: string, keeper: Keeper = FORGETFUL) {
    this.#seed = seed;
    this.#keeper = keeper;
  }

  get size(): number {
    return this.#inOrder.length;
  }

  find(mchid: string, outTradeNo: string): Order | undefined {
    return this.#orders.get(mchid)?.get(outTradeNo);
  }

  findByTransactionId(mchid: string, transactionId: string): Order | undefined {
    const order = this.#byTransactionId.get(transactionId);
    return order?.terms.mchid === mchid ? order : undefined;
  }

  /**
   * The order a code_url or prepay_id leads to, while it is good (page 4012791877). Looks through them all: payers' pages
   * are opened by hand, and an index would cost memory for each order.
   */
  findByHandle(prepayHandle: string, nowMs: number): Order | undefined {
    const order = this.#inOrder.findLast((candidate) => candidate.prepayHandle === prepayHandle);
    if (order === undefined) return undefined;
    return isHandleExpired(order.terms.tradeType, order.handleIssuedAtMs, nowMs) ? undefined : order;
  }

  /** All of them, in order of creation. */
  all(): readonly Order[] {
    return this.#inOrder;
  }

  /** Up to `limit` orders from position `after` on, in order of creation, and the position to go on from. */
  page(mchid: string | undefined, after: number, limit: number): { orders: Order[]; next: number | undefined } {
    const orders: Order[] = [];
    for (let position = after; position < this.#inOrder.length; position += 1) {
      const order = this.#inOrder[position];
      if (order === undefined || (mchid !== undefined && order.terms.mchid !== mchid)) continue;
      if (orders.length === limit) return { orders, next: position };
      orders.push(order);
    }
    return { orders, next: undefined };
  }

  /** Places an order, or answers an identical repeat with the first one; `request` is compared as it stands. */
  place(terms: OrderTerms, request: string, nowMs: number): PlaceOutcome {
    const known = this.find(terms.mchid, terms.outTradeNo);
    const requestDigest = digestOf(request);
    if (known !== undefined) {
      if (known.requestDigest !== requestDigest) return { kind: 'differs' };
      if (known.payment !== undefined) return { kind: 'already_paid' };
      if (known.closedAtMs !== undefined) return { kind: 'closed' };
      this.#renewHandle(known, nowMs);
      return { kind: 'repeated', order: known };
    }
    if (this.size >= MAX_ORDERS) return { kind: 'full' };
    const order: Order = {
      terms,
      requestDigest,
      prepayHandle: issuePrepayHandle(this.#seed, terms, nowMs),
      handleIssuedAtMs: nowMs,
      createdAtMs: nowMs,
      closedAtMs: undefined,
      payment: undefined,
      notification: undefined,
      refunds: NO_REFUNDS,
    };
    this.add(order);
    this.#keeper.orderChanged(order);
    return { kind: 'placed', order };
  }

  /** Puts an order in as it is: one just placed, or one read back from a file. */
  add(order: Order): void {
    const { mchid, outTradeNo } = order.terms;
    const ofMerchant = this.#orders.get(mchid) ?? new Map<string, Order>();
    this.#orders.set(mchid, ofMerchant.set(outTradeNo, order));
    this.#inOrder.push(order);
    if (order.payment !== undefined) this.#byTransactionId.set(order.payment.transactionId, order);
  }

  /** Makes an unpaid order CLOSED; closing it again changes nothing. */
  close(mchid: string, outTradeNo: string, nowMs: number): CloseOutcome {
    const order = this.find(mchid, outTradeNo);
    if (order === undefined) return 'unknown_order';
    if (order.payment !== undefined) return 'already_paid';
    if (order.closedAtMs !== undefined) return 'closed';
    if (nowMs - order.createdAtMs > CLOSE_PERIOD_MS) return 'too_old';
    order.closedAtMs = nowMs;
    this.#keeper.orderChanged(order);
    return 'closed';
  }

  /** Makes an order SUCCESS, once; a closed or expired one only when the payment is late. */
  pay(mchid: string, outTradeNo: string, wish: PaymentWish, nowMs: number): PayOutcome {
    const order = this.find(mchid, outTradeNo);
    if (order === undefined) return { kind: 'unknown_order' };
    if (order.payment !== undefined) return { kind: 'already_paid' };
    if (wish.late !== true) {
      if (order.closedAtMs !== undefined) return { kind: 'closed' };
      if (nowMs >= order.terms.expiresAtMs) return { kind: 'expired' };
    }
    if (wish.coupon !== undefined && wish.coupon >= order.terms.total) return { kind: 'coupon_too_high' };
    const isTaken = (transactionId: string) => this.#byTransactionId.has(transactionId);
    const transactionId = wish.transactionId ?? drawTransactionId(this.#seed, order.terms, wish.successTimeMs, isTaken);
    if (isTaken(transactionId)) return { kind: 'transaction_id_used' };
    const payment: Payment = {
      transactionId,
      successTimeMs: wish.successTimeMs,
      openid: wish.openid ?? order.terms.payerOpenid ?? drawOpenid(this.#seed, order.terms),
      bankType: wish.bankType ?? 'OTHERS',
      coupon: wish.coupon,
    };
    order.payment = payment;
    this.#keeper.orderChanged(order);
    this.#byTransactionId.set(transactionId, order);
    return { kind: 'paid', order, payment };
  }

  clear(): void {
    this.#orders.clear();
    this.#inOrder.length = 0;
    this.#byTransactionId.clear();
  }

  /** A handle that has run out is replaced; the old one leads nowhere from then on. */
  #renewHandle(order: Order, nowMs: number): void {
    if (!isHandleExpired(order.terms.tradeType, order.handleIssuedAtMs, nowMs)) return;
    order.prepayHandle = issuePrepayHandle(this.#seed, order.terms, nowMs);
    order.handleIssuedAtMs = nowMs;
    this.#keeper.orderChanged(order);
  }
}
