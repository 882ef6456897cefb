import { z } from 'zod';
import { type ApiFaultRule, apiFaultRuleSchema } from '../faults/api-fault-rule.ts';
import type { ApiFaults } from '../faults/api-faults.ts';
import { OUTAGE_AIMS, OUTAGE_MANNERS, type Outage, type Outages } from '../faults/outages.ts';
import { instantSchema } from '../orders/order-rules.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { toIso } from './describe-order.ts';
import { outageAnswer, ruleAnswer } from './fault-answers.ts';
import type { ControlApp } from './openapi.ts';
import { ControlRefusal, refusal } from './refusal.ts';

const ruleSchema = apiFaultRuleSchema.safeExtend({ from: instantSchema.optional(), until: instantSchema.optional() });

const outageSchema = z
  .strictObject({
    from: instantSchema,
    until: instantSchema,
    what: z.enum(OUTAGE_AIMS).default('both'),
    how: z.enum(OUTAGE_MANNERS).default('unavailable'),
  })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), {
    path: ['until'],
    error: 'is not after from; an outage lasts for some time',
  });

const idSchema = z.strictObject({ id: z.string() });
const deletedAnswer = z.null().describe('Deleted.');

const NOT_FOUND = 404;

/** Rules by which calls of the API go wrong, and outages: add, list, delete. */
export function registerFaultRuleRoutes(app: ControlApp, { faultPlan }: SimulatorParts): void {
  // Before the server stops: it waits for answers under way, and these would take long.
  app.addHook('preClose', async () => faultPlan.heldCallers.stop());
  registerApiFaultRoutes(app, faultPlan.apiFaults);
  registerOutageRoutes(app, faultPlan.outages);
}

function registerApiFaultRoutes(app: ControlApp, apiFaults: ApiFaults): void {
  app.post(
    '/faults/api',
    {
      schema: {
        tags: ['faults'],
        summary: 'Adds a rule by which calls of the API go wrong',
        body: ruleSchema,
        response: { 201: ruleAnswer },
      },
    },
    async ({ body: { from, until, ...wish } }, reply) => {
      const rule = apiFaults.add({ ...wish, fromMs: toMs(from), untilMs: toMs(until) });
      if (rule === undefined) throw refusal('full');
      return reply.code(201).send(describeRule(rule));
    },
  );

  app.get(
    '/faults/api',
    {
      schema: {
        tags: ['faults'],
        summary: 'The rules, and how often each has been applied',
        response: { 200: z.object({ rules: z.array(ruleAnswer) }) },
      },
    },
    async () => ({ rules: apiFaults.list().map(describeRule) }),
  );

  app.delete(
    '/faults/api/:id',
    { schema: { tags: ['faults'], summary: 'Deletes a rule', params: idSchema, response: { 204: deletedAnswer } } },
    async ({ params }, reply) => {
      if (!apiFaults.remove(params.id)) throw unknownId('GET /control/v1/faults/api');
      return reply.code(204).send(null);
    },
  );
}

function registerOutageRoutes(app: ControlApp, outages: Outages): void {
  app.post(
    '/faults/outages',
    {
      schema: {
        tags: ['faults'],
        summary: 'Plans an outage of the API, of callbacks or of both',
        body: outageSchema,
        response: { 201: outageAnswer },
      },
    },
    async ({ body: { from, until, what, how } }, reply) => {
      const outage = outages.add({ fromMs: Date.parse(from), untilMs: Date.parse(until), what, how });
      if (outage === undefined) throw refusal('full');
      return reply.code(201).send(describeOutage(outage));
    },
  );

  app.get(
    '/faults/outages',
    {
      schema: {
        tags: ['faults'],
        summary: 'The outages planned and past',
        response: { 200: z.object({ outages: z.array(outageAnswer) }) },
      },
    },
    async () => ({ outages: outages.list().map(describeOutage) }),
  );

  app.delete(
    '/faults/outages/:id',
    { schema: { tags: ['faults'], summary: 'Deletes an outage', params: idSchema, response: { 204: deletedAnswer } } },
    async ({ params }, reply) => {
      if (!outages.remove(params.id)) throw unknownId('GET /control/v1/faults/outages');
      return reply.code(204).send(null);
    },
  );
}

function describeRule({ fromMs, untilMs, ...rule }: ApiFaultRule) {
  return {
    id: rule.id,
    operations: rule.operations ?? null,
    mchid: rule.mchid ?? null,
    outTradeNo: rule.outTradeNo ?? null,
    rate: rule.rate,
    seed: rule.seed,
    times: rule.times ?? null,
    from: fromMs === undefined ? null : toIso(fromMs),
    until: untilMs === undefined ? null : toIso(untilMs),
    effect: rule.effect,
    fault: rule.fault,
    applied: rule.applied,
  };
}

function describeOutage({ id, fromMs, untilMs, what, how }: Outage) {
  return { id, from: toIso(fromMs), until: toIso(untilMs), what, how };
}

function toMs(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant);
}

function unknownId(listedBy: string): ControlRefusal {
  return new ControlRefusal(NOT_FOUND, `id is unknown; ${listedBy} lists the known ones.`);
}
