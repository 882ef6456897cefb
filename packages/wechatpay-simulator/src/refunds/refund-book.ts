import { toBeijingDay } from '../beijing-time.ts';
import type { Order } from '../orders/order.ts';
import { MAX_ORDERS } from '../orders/order-book.ts';
import { digestOf } from '../orders/request-digest.ts';
import { deriveBytes, toDigits } from '../seeded-bytes.ts';
import { FORGETFUL, type Keeper } from '../state/keeper.ts';
import { discountOf, type Refund, type RefundTerms } from './refund.ts';
import { type RefundRefusal, refuseRefund } from './refund-rules.ts';

export type PlaceRefundOutcome =
  | { readonly kind: 'placed' | 'repeated'; readonly refund: Refund }
  | { readonly kind: 'differs' | 'full' | RefundRefusal };

/** All refunds, in memory, in order of request. One out_refund_no is one refund per merchant. */
export class RefundBook {
  readonly #seed: string;
  readonly #refunds = new Map<string, Refund>();
  readonly #byRefundId = new Map<string, Refund>();
  /** URLs set in the merchant platform, by mchid: where results of refunds without a notify_url go, as v2 XML. */
  readonly #v2NotifyUrls = new Map<string, string>();

  readonly #keeper: Keeper;

  constructor(seed: string, keeper: Keeper = FORGETFUL) {
    this.#seed = seed;
    this.#keeper = keeper;
  }

  find(mchid: string, outRefundNo: string): Refund | undefined {
    return this.#refunds.get(keyOf(mchid, outRefundNo));
  }

  /** All of them, in order of request. */
  all(): Iterable<Refund> {
    return this.#refunds.values();
  }

  /** Places a refund, or answers an identical repeat for the same order with the first one; `request` is compared as it stands. */
  place(order: Order, terms: RefundTerms, request: string, nowMs: number): PlaceRefundOutcome {
    const known = this.find(order.terms.mchid, terms.outRefundNo);
    const requestDigest = digestOf(request);
    if (known !== undefined) {
      const isSame = known.order === order && known.requestDigest === requestDigest;
      return isSame ? { kind: 'repeated', refund: known } : { kind: 'differs' };
    }
    const refused = refuseRefund(order, terms, nowMs);
    if (refused !== undefined) return { kind: refused };
    if (this.#refunds.size >= MAX_ORDERS) return { kind: 'full' };
    const refund: Refund = {
      order,
      terms,
      requestDigest,
      refundId: this.#freeRefundId(order.terms.mchid, terms.outRefundNo, nowMs),
      discountRefund: discountOf(order, terms.refund),
      createdAtMs: nowMs,
      status: 'PROCESSING',
      settledAtMs: undefined,
      notification: undefined,
    };
    this.add(refund);
    this.#keeper.refundChanged(refund);
    return { kind: 'placed', refund };
  }

  /** Puts a refund in as it is: one just placed, or one read back from a file. */
  add(refund: Refund): void {
    this.#refunds.set(keyOf(refund.order.terms.mchid, refund.terms.outRefundNo), refund);
    this.#byRefundId.set(refund.refundId, refund);
    refund.order.refunds = [...refund.order.refunds, refund];
  }

  v2NotifyUrlOf(mchid: string): string | undefined {
    return this.#v2NotifyUrls.get(mchid);
  }

  setV2NotifyUrl(mchid: string, url: string | undefined): void {
    if (url === undefined) this.#v2NotifyUrls.delete(mchid);
    else this.#v2NotifyUrls.set(mchid, url);
    this.#keeper.settingChanged('v2NotifyUrls', () => Object.fromEntries(this.#v2NotifyUrls));
  }

  clear(): void {
    this.#refunds.clear();
    this.#byRefundId.clear();
    this.#v2NotifyUrls.clear();
  }

  /** 29 digits as WeChat Pay gives them: `5030` and six digits, the day in Beijing, eleven more digits. */
  #freeRefundId(mchid: string, outRefundNo: string, nowMs: number): string {
    for (let salt = 0; ; salt += 1) {
      const digits = toDigits(deriveBytes(this.#seed, `refund-id-${salt}`, mchid, outRefundNo), 17);
      const refundId = `5030${digits.slice(0, 6)}${toBeijingDay(nowMs)}${digits.slice(6)}`;
      if (!this.#byRefundId.has(refundId)) return refundId;
    }
  }
}

function keyOf(mchid: string, outRefundNo: string): string {
  return `${mchid}:${outRefundNo}`;
}
