import type { Appid, Fen, Mchid, OutTradeNo, RefundStatus, TransactionId } from '../rules/wechat-fields.ts';

/** What calls to WeChat Pay can come to. Expected outcomes are data; nothing here is thrown. */

/**
 * No answer that could be believed: nothing may be concluded about the order, and the call may or may not have taken
 * effect. Repeating it with the same parameters is safe (facts of page 4012081717 for 202).
 */
export type Unavailable = {
  outcome: 'unavailable';
  reason: /** No slot in the request budget before the deadline: nothing was sent. */
    | 'no_budget'
    /** No connection, or it broke. */
    | 'network'
    | 'timeout'
    /** Any 429: back off. */
    | 'rate_limited'
    /** 5xx, or an error that says "later" (NOT_ENOUGH, STATEMENT_CREATING). */
    | 'server_error'
    /** 202: accepted, repeat with the same parameters. */
    | 'accepted'
    /** 2xx without a valid fresh signature by a key of this merchant's, or about another order. */
    | 'untrusted'
    /** A gateway on the way answered (HTML or empty 4xx), or the body is none of the API's. */
    | 'not_wechatpay';
  status: number | null;
  /** WeChat Pay's error code, where the answer had one. */
  code: string | null;
  requestId: string | null;
};

/** WeChat Pay refuses the call in JSON: the same call is refused again until somebody mends what `code` says. */
export type Refused = { outcome: 'refused'; status: number; code: string; message: string; requestId: string | null };

/** An order as WeChat Pay has it. SUCCESS and REFUND (even of a part) both mean: it was paid (page 4012791859). */
export type WechatOrder = PaidWechatOrder | UnpaidWechatOrder;

export type PaidWechatOrder = {
  tradeState: 'SUCCESS' | 'REFUND';
  mchid: Mchid;
  appid: Appid;
  outTradeNo: OutTradeNo;
  transactionId: TransactionId;
  amountTotal: Fen;
  currency: string;
  /** RFC 3339, as answered. */
  successTime: string;
};

/** NOTPAY is not failure; PAYERROR and USERPAYING may still become paid; CLOSED and REVOKED are ends. */
export type UnpaidWechatOrder = {
  tradeState: 'NOTPAY' | 'USERPAYING' | 'PAYERROR' | 'CLOSED' | 'REVOKED';
};

export type QueryOrderOutcome =
  | { outcome: 'found'; order: WechatOrder; requestId: string | null }
  /** 404 ORDER_NOT_EXIST in JSON: definitely not there at this moment. */
  | { outcome: 'not_exist'; requestId: string | null }
  | Unavailable
  | Refused;

export type CloseOrderOutcome =
  /** 204; also when it was closed before. */
  | { outcome: 'closed' }
  /** ORDER_PAID: query it. */
  | { outcome: 'already_paid' }
  | Unavailable
  | Refused;

/** A refund as WeChat Pay has it. */
export type WechatRefund = {
  refundId: string;
  outRefundNo: string;
  transactionId: TransactionId;
  outTradeNo: OutTradeNo;
  status: RefundStatus;
  /** Fen. */
  amountRefund: Fen;
  amountTotal: Fen;
  /** RFC 3339; null unless SUCCESS (old answers say 0001-01-01, which is null here). */
  successTime: string | null;
};

export type RefundOutcome =
  | { outcome: 'found'; refund: WechatRefund; requestId: string | null }
  /** 404 RESOURCE_NOT_EXISTS in JSON: this out_refund_no was never accepted. */
  | { outcome: 'not_exist'; requestId: string | null }
  | Unavailable
  | Refused;

export type RefundRequest = {
  transactionId: string;
  outTradeNo: string;
  /** At most 64 of [0-9A-Za-z_-|*@]; the same on every repeat (page 4013071036). */
  outRefundNo: string;
  /** Fen. */
  amountRefund: number;
  amountTotal: number;
  /** At most 80 bytes, shown to the payer. */
  reason: string | null;
  notifyUrl: string;
};

export type TradeType = 'native' | 'jsapi' | 'app' | 'h5';

export type PrepayRequest = {
  appid: string;
  outTradeNo: string;
  description: string;
  /** Fen, at least 1. */
  amountTotal: number;
  /** ms UTC, sent as time_expire; a minute to seven days ahead. */
  expiresAt: number;
  notifyUrl: string;
  attach?: string | undefined;
} & (
  | { tradeType: 'native' | 'app' }
  | { tradeType: 'jsapi'; openid: string }
  | { tradeType: 'h5'; payerClientIp: string }
);

/** What the payer's device needs, by trade type; the signed ones are valid as they are (pages 4012791857, 4013070351). */
export type PrepayResult =
  | { tradeType: 'native'; codeUrl: string }
  | { tradeType: 'h5'; h5Url: string }
  | {
      tradeType: 'jsapi';
      parameters: {
        appId: string;
        timeStamp: string;
        nonceStr: string;
        package: string;
        signType: 'RSA';
        paySign: string;
      };
    }
  | {
      tradeType: 'app';
      parameters: {
        appid: string;
        partnerid: string;
        prepayid: string;
        package: 'Sign=WXPay';
        noncestr: string;
        timestamp: string;
        sign: string;
      };
    };

export type PrepayOutcome = { outcome: 'prepaid'; result: PrepayResult } | Unavailable | Refused;

/** One merchant's calls. Each HTTP attempt takes a slot of the request budget; none throws for what WeChat Pay does. */
export type WechatPayClient = {
  readonly mchid: Mchid;
  queryOrder(outTradeNo: string): Promise<QueryOrderOutcome>;
  closeOrder(outTradeNo: string): Promise<CloseOrderOutcome>;
  prepay(request: PrepayRequest): Promise<PrepayOutcome>;
  /** Sends it. Any outcome but `found`: query before sending again (page 4013071036). */
  sendRefund(request: RefundRequest): Promise<RefundOutcome>;
  queryRefund(outRefundNo: string): Promise<RefundOutcome>;
};
