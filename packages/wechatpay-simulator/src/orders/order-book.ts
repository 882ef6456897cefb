import { toBeijingDay } from '../beijing-time.ts';
import { deriveBytes, toAlphanumeric, toDigits } from '../seeded-bytes.ts';
import type { Order, OrderTerms, Payment } from './order.ts';

/** About 2.5 KB an order whose notification waits (measured): half a million fit into Node's default heap. */
export const MAX_ORDERS = 500_000;

export type PlaceOutcome =
  | { readonly kind: 'placed' | 'repeated'; readonly order: Order }
  | { readonly kind: 'differs' | 'already_paid' | 'full' };

export type PayOutcome =
  | { readonly kind: 'paid'; readonly order: Order; readonly payment: Payment }
  | { readonly kind: 'unknown_order' | 'already_paid' | 'transaction_id_used' };

export interface PaymentWish {
  readonly transactionId?: string | undefined;
  readonly successTimeMs: number;
  readonly openid?: string | undefined;
  readonly bankType?: string | undefined;
}

/** All orders, in memory, in order of creation. One out_trade_no is one order per merchant. */
export class OrderBook {
  readonly #seed: string;
  readonly #orders = new Map<string, Order>();
  readonly #inOrder: Order[] = [];
  readonly #byTransactionId = new Map<string, Order>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#orders.size;
  }

  find(mchid: string, outTradeNo: string): Order | undefined {
    return this.#orders.get(keyOf(mchid, outTradeNo));
  }

  findByTransactionId(mchid: string, transactionId: string): Order | undefined {
    const order = this.#byTransactionId.get(transactionId);
    return order?.terms.mchid === mchid ? order : undefined;
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
    if (known !== undefined) {
      if (known.request !== request) return { kind: 'differs' };
      return known.payment === undefined ? { kind: 'repeated', order: known } : { kind: 'already_paid' };
    }
    if (this.#orders.size >= MAX_ORDERS) return { kind: 'full' };
    const order: Order = {
      terms,
      request,
      codeUrl: `weixin://wxpay/bizpayurl?pr=${toAlphanumeric(this.#derive('code-url', terms), 9)}`,
      createdAtMs: nowMs,
      payment: undefined,
      notification: undefined,
    };
    this.#orders.set(keyOf(terms.mchid, terms.outTradeNo), order);
    this.#inOrder.push(order);
    return { kind: 'placed', order };
  }

  /** Makes an order SUCCESS, once. */
  pay(mchid: string, outTradeNo: string, wish: PaymentWish): PayOutcome {
    const order = this.find(mchid, outTradeNo);
    if (order === undefined) return { kind: 'unknown_order' };
    if (order.payment !== undefined) return { kind: 'already_paid' };
    const transactionId = wish.transactionId ?? this.#freeTransactionId(order, wish.successTimeMs);
    if (this.#byTransactionId.has(transactionId)) return { kind: 'transaction_id_used' };
    const payment: Payment = {
      transactionId,
      successTimeMs: wish.successTimeMs,
      openid: wish.openid ?? `o${toAlphanumeric(this.#derive('openid', order.terms), 27)}`,
      bankType: wish.bankType ?? 'OTHERS',
    };
    order.payment = payment;
    this.#byTransactionId.set(transactionId, order);
    return { kind: 'paid', order, payment };
  }

  clear(): void {
    this.#orders.clear();
    this.#inOrder.length = 0;
    this.#byTransactionId.clear();
  }

  /** 28 digits as WeChat Pay gives them: `42000` and five digits, the day in Beijing, ten more digits. */
  #freeTransactionId(order: Order, successTimeMs: number): string {
    for (let salt = 0; ; salt += 1) {
      const digits = toDigits(this.#derive(`transaction-id-${salt}`, order.terms), 15);
      const transactionId = `42000${digits.slice(0, 5)}${toBeijingDay(successTimeMs)}${digits.slice(5)}`;
      if (!this.#byTransactionId.has(transactionId)) return transactionId;
    }
  }

  #derive(purpose: string, terms: OrderTerms): Buffer {
    return deriveBytes(this.#seed, purpose, terms.mchid, terms.outTradeNo);
  }
}

function keyOf(mchid: string, outTradeNo: string): string {
  return `${mchid}:${outTradeNo}`;
}
