import { toBeijingTime } from '../beijing-time.ts';
import { type Order, type OrderTerms, type Payment, payerTotalOf, type TradeType, tradeStateOf } from './order.ts';

/** A paid transaction as WeChat Pay writes it, in a query's answer and, encrypted, in a notification (page 4012791861). */
export interface Transaction {
  readonly appid: string;
  readonly mchid: string;
  readonly out_trade_no: string;
  readonly transaction_id: string;
  readonly trade_type: TradeType;
  readonly trade_state: string;
  readonly trade_state_desc: string;
  readonly bank_type: string;
  readonly attach: string;
  readonly success_time: string;
  readonly payer: { readonly openid: string };
  readonly amount: {
    readonly total: number;
    /** Less than `total` by the coupon; what the payer's bank knows of. */
    readonly payer_total: number;
    readonly currency: string;
    readonly payer_currency: string;
  };
  readonly promotion_detail: readonly PromotionDetail[];
  readonly scene_info?: { readonly device_id: string };
}

/** A coupon of the whole order that the merchant itself gave: `NOCASH`, nothing of it is settled with the merchant. */
interface PromotionDetail {
  readonly coupon_id: string;
  readonly name: string;
  readonly scope: 'GLOBAL';
  readonly type: 'NOCASH';
  readonly amount: number;
  readonly stock_id: string;
  readonly wechatpay_contribute: number;
  readonly merchant_contribute: number;
  readonly other_contribute: number;
  readonly currency: string;
}

/** Of one batch of coupons, with numbers of the form that published answers have. */
export const COUPON_ID = '109519';
const COUPON_STOCK_ID = '931386';

type PaidTerms = Pick<OrderTerms, 'mchid' | 'appid' | 'outTradeNo' | 'total' | 'attach' | 'deviceId'> & {
  readonly tradeType?: TradeType;
};

/** A paid order's transaction. Pure, so that load generators can write notifications without a simulator. */
export function paidTransaction(terms: PaidTerms, payment: Payment): Transaction {
  return {
    mchid: terms.mchid,
    appid: terms.appid,
    out_trade_no: terms.outTradeNo,
    transaction_id: payment.transactionId,
    trade_type: terms.tradeType ?? 'NATIVE',
    trade_state: 'SUCCESS',
    trade_state_desc: DESCRIPTIONS.SUCCESS,
    bank_type: payment.bankType,
    attach: terms.attach ?? '',
    success_time: toBeijingTime(payment.successTimeMs),
    payer: { openid: payment.openid },
    amount: {
      total: terms.total,
      payer_total: payerTotalOf(terms.total, payment),
      currency: 'CNY',
      payer_currency: 'CNY',
    },
    promotion_detail: payment.coupon === undefined ? [] : [promotionDetail(payment.coupon)],
    ...(terms.deviceId === undefined ? {} : { scene_info: { device_id: terms.deviceId } }),
  };
}

function promotionDetail(coupon: number): PromotionDetail {
  return {
    coupon_id: COUPON_ID,
    name: '满减优惠券',
    scope: 'GLOBAL',
    type: 'NOCASH',
    amount: coupon,
    stock_id: COUPON_STOCK_ID,
    wechatpay_contribute: 0,
    merchant_contribute: coupon,
    other_contribute: 0,
    currency: 'CNY',
  };
}

const DESCRIPTIONS = {
  NOTPAY: '订单未支付',
  CLOSED: '订单已关闭',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款，退款详情请查询退款单',
} as const;

/** The order as a query answers it. */
export function describeTransaction(order: Order) {
  const { terms, payment } = order;
  const tradeState = tradeStateOf(order);
  const state = { trade_state: tradeState, trade_state_desc: DESCRIPTIONS[tradeState] };
  return payment === undefined
    ? { ...unpaidTransaction(terms), ...state }
    : { ...paidTransaction(terms, payment), ...state };
}

/**
 * Much is missing as long as nobody has paid: no transaction_id, trade_type, payer, attach or success_time, and of the
 * amount no payer_total and no currency, but payer_currency; an empty device_id stands in scene_info. So in each of three
 * answers that users captured (tests/vectors/unpaid-answers.json).
 */
function unpaidTransaction(terms: OrderTerms) {
  return {
    amount: { payer_currency: 'CNY', total: terms.total },
    appid: terms.appid,
    mchid: terms.mchid,
    out_trade_no: terms.outTradeNo,
    promotion_detail: [],
    scene_info: { device_id: terms.deviceId ?? '' },
  };
}
