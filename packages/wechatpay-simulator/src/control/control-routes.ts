import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ClockNotManualError } from '../clock/clock.ts';
import { resetSimulator } from '../reset-simulator.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { describeMerchant } from './describe-merchant.ts';
import { toIso } from './describe-order.ts';
import { registerFaultRoutes } from './fault-routes.ts';
import { registerOrderRoutes } from './order-routes.ts';
import { parseInput, refusal } from './refusal.ts';

/** Longer than any plan of WeChat Pay's; a slip of the keyboard should not run for years. */
const MAX_ADVANCE_MS = 366 * 24 * 3_600_000;

const advanceSchema = z.strictObject({ ms: z.int().min(0).max(MAX_ADVANCE_MS) });
const redeliverSchema = z.strictObject({ outTradeNo: z.string().optional() });

/** The control API, `/control/v1/…`: what the payer, the network and the test's author do. Unsigned. */
export function registerControlRoutes(app: FastifyInstance, parts: SimulatorParts): void {
  const { clock, deliveries } = parts;

  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const shown = error instanceof ClockNotManualError ? refusal('clock_not_manual') : error;
    return reply.code(shown.statusCode ?? 500).send({ error: shown.message });
  });

  app.get('/health', async () => ({ status: 'ok', now: toIso(clock.now()) }));
  app.get('/merchants', async () => ({
    merchants: [...parts.merchants.values()].map((merchant) => describeMerchant(merchant, parts.stateDir)),
  }));

  registerOrderRoutes(app, parts);
  registerFaultRoutes(app, parts);

  app.get('/notifications/summary', async () => ({ orders: parts.orders.size, ...deliveries.summary() }));
  app.post('/notifications/redeliver-now', async (request) => {
    const { outTradeNo } = parseInput(redeliverSchema, request.body);
    return { hurried: deliveries.redeliverNow(outTradeNo) };
  });

  app.get('/clock', async () => describeClock(parts));
  app.post('/clock/advance', async (request) => {
    await clock.advance(parseInput(advanceSchema, request.body).ms);
    return describeClock(parts);
  });

  app.post('/reset', async (_request, reply) => {
    await resetSimulator(parts);
    return reply.code(204).send();
  });
}

function describeClock({ clock }: SimulatorParts) {
  return { mode: clock.mode, now: toIso(clock.now()), nowMs: clock.now() };
}
