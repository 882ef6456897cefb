import type { Merchant } from '@payguard/shared/config/merchants-file';
import type { PaidWechatOrder, QueryOrderOutcome } from '@payguard/shared/wechatpay-api/outcomes';
import type { OrderHere } from './find-orders.ts';

/** What a repair would do about an order. */
export type Verdict =
  /** Paid at WeChat Pay and not credited here. */
  | 'credit'
  /** The same, but the order is held here: a person decides (payguard review). */
  | 'hold'
  /** The same, but it came after the close, and the merchant's policy sends such payments back. */
  | 'send_back'
  | 'already_credited'
  /** The payment came after the close, or was held, and has gone back or is on its way. */
  | 'already_sent_back'
  | 'not_paid'
  /** Amount, currency, merchant or app id differ: never credited, whoever asks (invariant 3). */
  | 'differs'
  | 'unknown_here'
  /** WeChat Pay could not be asked, or its answer not believed. */
  | 'unavailable';

export type JudgedOrder = {
  /** As it was asked for. */
  number: string;
  mchid: string | null;
  outTradeNo: string;
  order: OrderHere | null;
  verdict: Verdict;
  /** More about the verdict, for people; null where it says all. */
  note: string | null;
  statusHere: string;
  /** Trade state, ORDER_NOT_EXIST, or why there is no answer. */
  statusThere: string;
  /** Fen. */
  amountHere: number | null;
  amountThere: number | null;
  transactionId: string | null;
  /** To be published as it is, where the verdict says so. */
  answer: QueryOrderOutcome | null;
};

export type Question = {
  number: string;
  mchid: string | null;
  outTradeNo: string;
  order: OrderHere | null;
};

/** Compares an order with WeChat Pay's answer about it. Pure; `answer` null means that it could not be asked (`note`). */
export function judgeOrder(
  question: Question,
  answer: QueryOrderOutcome | null,
  latePayment: Merchant['latePayment'],
  note: string | null = null,
): JudgedOrder {
  const { order } = question;
  const paid = readPaid(answer);
  const facts = {
    ...question,
    statusHere: order === null ? '-' : describeHere(order),
    statusThere: describeThere(answer),
    amountHere: order?.amount_total ?? null,
    amountThere: paid?.amountTotal ?? null,
    transactionId: paid?.transactionId ?? null,
    answer,
  };
  if (order === null) return { ...facts, verdict: 'unknown_here', note };
  if (answer === null || answer.outcome === 'unavailable' || answer.outcome === 'refused') {
    return { ...facts, verdict: 'unavailable', note: note ?? describeFailure(answer) };
  }
  if (order.credited_at !== null) return { ...facts, verdict: 'already_credited', note };
  if (order.refunds > 0) return { ...facts, verdict: 'already_sent_back', note };
  if (paid === null) return { ...facts, verdict: 'not_paid', note };
  const difference = differenceOf(order, paid);
  if (difference !== null) return { ...facts, verdict: 'differs', note: difference };
  return { ...facts, ...judgePaid(order, latePayment) };
}

/** What a payment of the order is worth, bonus included; null where there is no order. */
export function pointsOf({ order }: Pick<JudgedOrder, 'order'>): number | null {
  return order === null ? null : order.points + order.bonus_points;
}

/** True where the real run publishes the payment. */
export function isPublished({ verdict }: Pick<JudgedOrder, 'verdict'>): boolean {
  return verdict === 'credit' || verdict === 'hold' || verdict === 'send_back';
}

/** True where the repair leaves something that a person must look at. */
export function isTrouble({ verdict }: Pick<JudgedOrder, 'verdict'>): boolean {
  return verdict === 'differs' || verdict === 'unknown_here' || verdict === 'unavailable';
}

/** As `decide` of services/points will, whose word counts: this one is the forecast. */
function judgePaid(order: OrderHere, latePayment: Merchant['latePayment']): Pick<JudgedOrder, 'verdict' | 'note'> {
  if (order.credit_hold !== null) return { verdict: 'hold', note: order.credit_hold };
  if (order.closed_at === null || latePayment === 'credit') return { verdict: 'credit', note: null };
  if (latePayment === 'refund') return { verdict: 'send_back', note: 'paid after the close' };
  return { verdict: 'hold', note: 'paid after the close' };
}

function differenceOf(order: OrderHere, paid: PaidWechatOrder): string | null {
  if (order.mchid !== paid.mchid) return `merchant ${order.mchid} here, ${paid.mchid} at WeChat Pay`;
  if (order.appid !== paid.appid) return `app id ${order.appid} here, ${paid.appid} at WeChat Pay`;
  if (order.currency !== paid.currency) return `currency ${order.currency} here, ${paid.currency} at WeChat Pay`;
  if (order.amount_total === null) return 'the amount is unknown here';
  return order.amount_total === paid.amountTotal ? null : 'the amounts differ';
}

function readPaid(answer: QueryOrderOutcome | null): PaidWechatOrder | null {
  if (answer?.outcome !== 'found') return null;
  return 'transactionId' in answer.order ? answer.order : null;
}

function describeHere(order: OrderHere): string {
  const marks = [order.credited_at === null ? null : 'credited', order.credit_hold === null ? null : 'held'];
  return [order.payment_status, ...marks.filter((mark) => mark !== null)].join(', ');
}

function describeThere(answer: QueryOrderOutcome | null): string {
  switch (answer?.outcome) {
    case undefined:
      return '-';
    case 'found':
      return answer.order.tradeState;
    case 'not_exist':
      return 'ORDER_NOT_EXIST';
    case 'unavailable':
      return 'no answer';
    case 'refused':
      return answer.code;
  }
}

function describeFailure(answer: QueryOrderOutcome | null): string | null {
  if (answer?.outcome === 'unavailable') return [answer.reason, answer.code].filter((part) => part !== null).join(' ');
  return answer?.outcome === 'refused' ? answer.message : null;
}
