import type { FastifyInstance, FastifyReply } from 'fastify';
import { newRequestId } from '../request-id.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { renderFailure, sendAnswer } from './answer.ts';
import { failed } from './api-outcome.ts';
import { applyTradeBill } from './apply-trade-bill.ts';
import { closeOrder } from './close-order.ts';
import { downloadBill } from './download-bill.ts';
import { downloadCertificates } from './download-certificates.ts';
import { NOT_FOUND_PAGE } from './gateway-page.ts';
import { prepay } from './prepay.ts';
import { queryRefund } from './query-refund.ts';
import { queryByOutTradeNo, queryByTransactionId } from './query-transaction.ts';
import { requestRefund } from './request-refund.ts';
import { signedCall } from './signed-call.ts';

/** The merchant-facing API, `/v3/…`. Bodies stay text as sent, because signatures are over the bytes. */
export function registerApiRoutes(app: FastifyInstance, parts: SimulatorParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.post('/pay/transactions/native', signedCall(parts, 'prepay_native', prepay('NATIVE')));
  app.post('/pay/transactions/jsapi', signedCall(parts, 'prepay_jsapi', prepay('JSAPI')));
  app.post('/pay/transactions/app', signedCall(parts, 'prepay_app', prepay('APP')));
  app.post('/pay/transactions/h5', signedCall(parts, 'prepay_h5', prepay('MWEB')));
  const byNumber = '/pay/transactions/out-trade-no/:out_trade_no';
  app.get(byNumber, signedCall(parts, 'query_by_out_trade_no', queryByOutTradeNo));
  app.get('/pay/transactions/id/:transaction_id', signedCall(parts, 'query_by_transaction_id', queryByTransactionId));
  app.post(`${byNumber}/close`, signedCall(parts, 'close_order', closeOrder));
  app.post('/refund/domestic/refunds', signedCall(parts, 'request_refund', requestRefund));
  app.get('/refund/domestic/refunds/:out_refund_no', signedCall(parts, 'query_refund', queryRefund));
  app.get('/certificates', signedCall(parts, 'certificates', downloadCertificates));
  app.get('/bill/tradebill', signedCall(parts, 'trade_bill', applyTradeBill));
  app.get('/billdownload/file', signedCall(parts, 'bill_download', downloadBill));

  // WeChat Pay's clock is the simulator's; Node would stamp every answer with the machine's. A fault may have it otherwise.
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('Date')) reply.header('Date', new Date(parts.clock.now()).toUTCString());
  });

  app.setNotFoundHandler((_request, reply) => answerUnknownPath(reply));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const isCallersFault = error.statusCode !== undefined && error.statusCode < 500;
    const code = isCallersFault ? 'PARAM_ERROR' : 'SYSTEM_ERROR';
    return sendAnswer(reply, renderFailure(failed(code, error.message)));
  });
}

/** As at WeChat Pay, an unknown path is answered by the web server in front, with HTML instead of JSON. */
export function answerUnknownPath(reply: FastifyReply): FastifyReply {
  return reply.code(404).header('Request-ID', newRequestId()).type('text/html').send(NOT_FOUND_PAGE);
}
