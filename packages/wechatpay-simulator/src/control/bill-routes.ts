import { z } from 'zod';
import { billFaultsSchema } from '../bills/bill-faults.ts';
import { setBillFaults } from '../bills/set-bill-faults.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { ControlApp } from './openapi.ts';
import { ControlRefusal, refusal } from './refusal.ts';

const CONFLICT = 409;

const setSchema = billFaultsSchema.safeExtend({ mchid: z.string().optional() });

const setAnswer = billFaultsSchema
  .safeExtend({ mchid: z.string() })
  .meta({ id: 'BillFaults', description: "What is wrong with a merchant's bill of one day, or of every day." });

export type BillFaultsAnswer = z.output<typeof setAnswer>;

/** Faults of trade bills, by merchant and day; those that happened are in GET /faults?target=bill. */
export function registerBillRoutes(app: ControlApp, parts: SimulatorParts): void {
  app.get(
    '/faults/bills',
    {
      schema: {
        tags: ['faults'],
        summary: 'What is wrong with which bills',
        response: { 200: z.object({ bills: z.array(setAnswer) }) },
      },
    },
    async () => ({ bills: parts.bills.faults.all().map(({ mchid, faults }) => ({ mchid, ...faults })) }),
  );

  app.put(
    '/faults/bills',
    {
      schema: {
        tags: ['faults'],
        summary: "Sets what is wrong with a day's bill, or, without billDate, with those of all other days",
        body: setSchema,
        response: { 200: setAnswer },
      },
    },
    async ({ body: { mchid, ...faults } }) => {
      const result = setBillFaults(parts, mchid, faults);
      switch (result.kind) {
        case 'set':
          return { mchid: result.mchid, ...faults };
        case 'bill_is_made':
          throw new ControlRefusal(
            CONFLICT,
            `the bill of ${faults.billDate} has been asked for and changes no more; set its faults before.`,
          );
        default:
          throw refusal(result.kind);
      }
    },
  );
}
