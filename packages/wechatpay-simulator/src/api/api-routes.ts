import type { FastifyInstance } from 'fastify';
import { newRequestId } from '../request-id.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { failed } from './api-outcome.ts';
import { prepayNative } from './prepay-native.ts';
import { queryByOutTradeNo, queryByTransactionId } from './query-transaction.ts';
import { sendFailure, signedCall } from './signed-call.ts';

/** The merchant-facing API, `/v3/…`. Bodies stay text as sent, because signatures are over the bytes. */
export function registerApiRoutes(app: FastifyInstance, parts: SimulatorParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.post('/pay/transactions/native', signedCall(parts, prepayNative));
  app.get('/pay/transactions/out-trade-no/:out_trade_no', signedCall(parts, queryByOutTradeNo));
  app.get('/pay/transactions/id/:transaction_id', signedCall(parts, queryByTransactionId));

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
