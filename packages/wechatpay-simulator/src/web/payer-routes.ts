import type { FastifyInstance } from 'fastify';
import { renderSVG } from 'uqr';
import { z } from 'zod';
import { ControlRefusal, parseInput, refusal } from '../control/refusal.ts';
import type { Order } from '../orders/order.ts';
import { payOrder } from '../orders/pay-order.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { PAGE_HEADERS } from './page-headers.ts';
import { describePayable } from './payable-order.ts';
import { phoneUrl } from './phone-url.ts';

/** A code of so many characters is still read by a phone from a screen. */
const MAX_QR_TEXT = 512;
const QR_PIXEL_SIZE = 8;
/** Modules; the standard asks for four (ISO/IEC 18004). */
const QR_QUIET_ZONE = 4;
const NOT_FOUND = 404;

const handleSchema = z.strictObject({ handle: z.string().min(1).max(MAX_QR_TEXT) });
const qrSchema = z.strictObject({ text: z.string().min(1).max(MAX_QR_TEXT) });

/** What the payer's pages ask for: the order behind a code_url or prepay_id, its payment, and QR codes. */
export function registerPayerRoutes(app: FastifyInstance, parts: SimulatorParts): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: error.message }),
  );

  app.get('/pay/order', async (request, reply) => {
    const { handle } = parseInput(handleSchema, request.query);
    const order = findPayable(parts, handle);
    reply.header('cache-control', 'no-store');
    return {
      ...describePayable(order, parts.clock.now()),
      phoneUrl: phoneUrl(request, app.server.address()) ?? null,
    };
  });

  app.post('/pay/order', async (request) => {
    const { handle } = parseInput(handleSchema, request.body);
    const { mchid, outTradeNo } = findPayable(parts, handle).terms;
    const result = payOrder(parts, { mchid, outTradeNo });
    if (result.kind !== 'paid') throw refusal(result.kind);
    return describePayable(result.order, parts.clock.now());
  });

  app.get('/pay/qr.svg', async (request, reply) => {
    const { text } = parseInput(qrSchema, request.query);
    const svg = renderSVG(text, { ecc: 'M', border: QR_QUIET_ZONE, pixelSize: QR_PIXEL_SIZE });
    return reply.headers(PAGE_HEADERS).type('image/svg+xml').send(svg);
  });
}

function findPayable(parts: SimulatorParts, handle: string): Order {
  const order = parts.orders.findByHandle(handle, parts.clock.now());
  if (order === undefined) {
    throw new ControlRefusal(NOT_FOUND, 'This link leads to no order, or its time has run out; ask for a new one.');
  }
  return order;
}
