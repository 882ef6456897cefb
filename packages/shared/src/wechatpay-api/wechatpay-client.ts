import { type Mchid, mchidSchema, outTradeNoSchema } from '../rules/wechat-fields.ts';
import type { Logger } from '../telemetry/logger.ts';
import { buildRequest, createRequestBuilder, type RefundFields, type RequestBuilder } from './build-request.ts';
import { type Call, makeCall } from './make-call.ts';
import type {
  CloseOrderOutcome,
  PrepayOutcome,
  PrepayRequest,
  QueryOrderOutcome,
  RefundOutcome,
  RefundRequest,
  Refused,
  Unavailable,
  WechatPayClient,
  WechatRefund,
} from './outcomes.ts';
import { buildPrepay, readPrepaid } from './prepay-order.ts';
import { readOrder } from './read-order.ts';
import { readRefund } from './read-refund.ts';
import { misread, type Reading } from './reading.ts';
import type { Link } from './send-request.ts';

/** Page 4013071036. Like an order's number it goes into a path: nothing else may be in it. */
const OUT_REFUND_NO = /^[0-9A-Za-z_\-|*@]{1,64}$/;

type Caller = {
  mchid: Mchid;
  link: Link;
  builder: RequestBuilder;
  call<T>(wish: Call<T>): Promise<T | Unavailable | Refused>;
};

/** One merchant's calls, over its link. */
export function createWechatPayClient(link: Link, log: Logger): WechatPayClient {
  const mchid = mchidSchema.parse(link.credentials.mchid);
  const builder = createRequestBuilder(mchid);
  const caller: Caller = { mchid, link, builder, call: (wish) => makeCall(link, log, wish) };
  return {
    mchid,
    queryOrder: (outTradeNo) => queryOrder(caller, outTradeNo),
    closeOrder: (outTradeNo) => closeOrder(caller, outTradeNo),
    prepay: (order) => prepay(caller, order),
    sendRefund: (refund) => sendRefund(caller, refund),
    queryRefund: (outRefundNo) => queryRefund(caller, outRefundNo),
  };
}

async function queryOrder({ mchid, builder, call }: Caller, number: string): Promise<QueryOrderOutcome> {
  const { data: outTradeNo } = outTradeNoSchema.safeParse(number);
  if (outTradeNo === undefined) return badNumber('out_trade_no');
  return call<QueryOrderOutcome>({
    api: 'query',
    about: { outTradeNo },
    request: await buildRequest(builder.query({ out_trade_no: outTradeNo })),
    read({ body, requestId }) {
      const order = readOrder(body, { mchid, outTradeNo });
      return order.ok ? { ok: true, value: { outcome: 'found', order: order.value, requestId } } : order;
    },
    expected: (refused) => (is(refused, 404, 'ORDER_NOT_EXIST') ? notExist(refused) : undefined),
  });
}

async function closeOrder({ builder, call }: Caller, number: string): Promise<CloseOrderOutcome> {
  const { data: outTradeNo } = outTradeNoSchema.safeParse(number);
  if (outTradeNo === undefined) return badNumber('out_trade_no');
  return call<CloseOrderOutcome>({
    api: 'close',
    about: { outTradeNo },
    request: await buildRequest(builder.close(outTradeNo)),
    read: ({ status }) =>
      status === 204 ? { ok: true, value: { outcome: 'closed' } } : misread('not_wechatpay', 'a close answers 204'),
    expected(refused) {
      if (is(refused, 400, 'ORDER_PAID')) return { outcome: 'already_paid' };
      return is(refused, 400, 'ORDER_CLOSED') ? { outcome: 'closed' } : undefined;
    },
  });
}

async function prepay({ link, builder, call }: Caller, order: PrepayRequest): Promise<PrepayOutcome> {
  const { data: outTradeNo } = outTradeNoSchema.safeParse(order.outTradeNo);
  if (outTradeNo === undefined) return badNumber('out_trade_no');
  return call<PrepayOutcome>({
    api: 'prepay',
    about: { outTradeNo },
    request: await buildPrepay(builder, order),
    read({ body }) {
      const prepaid = readPrepaid(body, order, link.credentials, link.clock.now());
      return prepaid.ok ? { ok: true, value: { outcome: 'prepaid', result: prepaid.value } } : prepaid;
    },
  });
}

async function sendRefund({ builder, call }: Caller, refund: RefundRequest): Promise<RefundOutcome> {
  const { outRefundNo, outTradeNo, transactionId } = refund;
  if (!OUT_REFUND_NO.test(outRefundNo)) return badNumber('out_refund_no');
  return call<RefundOutcome>({
    api: 'refund',
    about: { outRefundNo, outTradeNo },
    request: await buildRequest(builder.refunds(refundFields(refund))),
    read: ({ body, requestId }) => found(readRefund(body, { outRefundNo, outTradeNo, transactionId }), requestId),
  });
}

async function queryRefund({ builder, call }: Caller, outRefundNo: string): Promise<RefundOutcome> {
  if (!OUT_REFUND_NO.test(outRefundNo)) return badNumber('out_refund_no');
  return call<RefundOutcome>({
    api: 'refund_query',
    about: { outRefundNo },
    request: await buildRequest(builder.find_refunds(outRefundNo)),
    read: ({ body, requestId }) => found(readRefund(body, { outRefundNo }), requestId),
    expected: (refused) => (is(refused, 404, 'RESOURCE_NOT_EXISTS') ? notExist(refused) : undefined),
  });
}

/** As WeChat Pay would answer; nothing is sent, since such a number could make another path of it. */
function badNumber(field: 'out_trade_no' | 'out_refund_no'): Refused {
  const message = `The ${field} has characters or a length that WeChat Pay does not take; nothing was sent.`;
  return { outcome: 'refused', status: 400, code: 'PARAM_ERROR', message, requestId: null };
}

function is(refused: Refused, status: number, code: string): boolean {
  return refused.status === status && refused.code === code;
}

function notExist({ requestId }: Refused): { outcome: 'not_exist'; requestId: string | null } {
  return { outcome: 'not_exist', requestId };
}

function found(refund: Reading<WechatRefund>, requestId: string | null): Reading<RefundOutcome> {
  return refund.ok ? { ok: true, value: { outcome: 'found', refund: refund.value, requestId } } : refund;
}

function refundFields(refund: RefundRequest): RefundFields {
  return {
    transaction_id: refund.transactionId,
    out_refund_no: refund.outRefundNo,
    ...(refund.reason === null ? {} : { reason: refund.reason }),
    notify_url: refund.notifyUrl,
    amount: { refund: refund.amountRefund, total: refund.amountTotal, currency: 'CNY' },
  };
}
