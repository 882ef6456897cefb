import { z } from 'zod';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { ControlApp } from './openapi.ts';
import { summaryAnswer } from './order-answers.ts';

const redeliverSchema = z.strictObject({ outTradeNo: z.string().optional() });

/** Notifications as a whole: how many are where, and sending the waiting ones now. */
export function registerNotificationRoutes(app: ControlApp, { orders, deliveries }: SimulatorParts): void {
  app.get(
    '/notifications/summary',
    {
      schema: {
        tags: ['notifications'],
        summary: 'Counts by state, attempts by status, faults by name',
        response: { 200: summaryAnswer },
      },
    },
    async () => ({ orders: orders.size, ...deliveries.summary() }),
  );

  app.post(
    '/notifications/redeliver-now',
    {
      schema: {
        tags: ['notifications'],
        summary: 'Makes waiting attempts due now, of one order or of all',
        body: redeliverSchema,
        response: { 200: z.object({ hurried: z.int() }) },
      },
    },
    async (request) => ({ hurried: deliveries.redeliverNow(request.body.outTradeNo) }),
  );
}
