import type { FastifyInstance } from 'fastify';
import { newRequestId } from '../request-id.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { failed } from './api-outcome.ts';
import { closeOrder } from './close-order.ts';
import { prepay } from './prepay.ts';
import { queryRefund } from './query-refund.ts';
import { queryByOutTradeNo, queryByTransactionId } from './query-transaction.ts';
import { requestRefund } from './request-refund.ts';
import { sendFailure, signedCall } from './signed-call.ts';

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

  // WeChat Pay's clock is the simulator's; Node would stamp every answer with the machine's.
  app.addHook('onSend', async (_request, reply) => {
    reply.header('Date', new Date(parts.clock.now()).toUTCString());
  });

  // As at WeChat Pay, an unknown path is answered by the web server in front, with HTML instead of JSON.
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .header('Request-ID', newRequestId())
      .type('text/html')
      .send(
        '<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center></body></html>',
      ),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const isCallersFault = error.statusCode !== undefined && error.statusCode < 500;
    const code = isCallersFault ? 'PARAM_ERROR' : 'SYSTEM_ERROR';
    return sendFailure(reply, failed(code, error.message));
  });
}
