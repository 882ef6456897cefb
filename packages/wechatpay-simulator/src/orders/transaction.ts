import { toBeijingTime } from '../beijing-time.ts';
import { type Order, type OrderTerms, type Payment, type TradeType, tradeStateOf } from './order.ts';

/** A transaction as WeChat Pay writes it, in a query's answer and, encrypted, in a notification (page 4012791861). */
export interface Transaction {
  readonly appid: string;
  readonly mchid: string;
  readonly out_trade_no: string;
  readonly transaction_id?: string;
  readonly trade_type?: TradeType;
  readonly trade_state: string;
  readonly trade_state_desc: string;
  readonly bank_type?: string;
  readonly attach: string;
  readonly success_time?: string;
  readonly payer: { readonly openid?: string };
  readonly amount: {
    readonly total: number;
    readonly payer_total?: number;
    readonly currency: string;
    readonly payer_currency?: string;
  };
  readonly promotion_detail: readonly [];
}

/** A paid order's transaction. Pure, so that load generators can write notifications without a simulator. */
export function paidTransaction(
  terms: Pick<OrderTerms, 'mchid' | 'appid' | 'outTradeNo' | 'total' | 'attach'> & { readonly tradeType?: TradeType },
  payment: Payment,
): Transaction {
  return {
    mchid: terms.mchid,
    appid: terms.appid,
    out_trade_no: terms.outTradeNo,
    transaction_id: payment.transactionId,
    trade_type: terms.tradeType ?? 'NATIVE',
    trade_state: 'SUCCESS',
    trade_state_desc: '支付成功',
    bank_type: payment.bankType,
    attach: terms.attach ?? '',
    success_time: toBeijingTime(payment.successTimeMs),
    payer: { openid: payment.openid },
    amount: { total: terms.total, payer_total: terms.total, currency: 'CNY', payer_currency: 'CNY' },
    promotion_detail: [],
  };
}

const DESCRIPTIONS = {
  NOTPAY: '订单未支付',
  CLOSED: '订单已关闭',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款',
} as const;

/** The order as a query answers it. An unpaid one has no transaction_id, success_time or payer_total. */
export function describeTransaction(order: Order): Transaction {
  const { terms, payment } = order;
  const tradeState = tradeStateOf(order);
  const state = { trade_state: tradeState, trade_state_desc: DESCRIPTIONS[tradeState] };
  if (payment !== undefined) return { ...paidTransaction(terms, payment), ...state };
  return {
    mchid: terms.mchid,
    appid: terms.appid,
    out_trade_no: terms.outTradeNo,
    ...state,
    attach: terms.attach ?? '',
    payer: {},
    amount: { total: terms.total, currency: 'CNY' },
    promotion_detail: [],
  };
}
