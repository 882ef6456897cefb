import { z } from 'zod';
import { API_OPERATIONS } from '../api/api-operation.ts';
import { INJECTED_ERROR_CODES } from '../faults/api-error-codes.ts';
import { FAULT_NAMES } from '../faults/fault.ts';
import { PAYMENT_FAULT_NAMES, REFUND_FAULT_NAMES } from '../faults/order-fault.ts';
import type { Order } from '../orders/order.ts';
import type { Refund } from '../refunds/refund.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { clockAnswer, describeClock } from './clock-answer.ts';
import { describeOrder, describeOrderFully } from './describe-order.ts';
import { describeFaultRecord, faultRecordAnswer } from './fault-answers.ts';
import type { ControlApp } from './openapi.ts';
import { callbackAnswer, shownOrderAnswer, summaryAnswer } from './order-answers.ts';

/** A screen or two; more would be read by nobody and asked for every second. */
const MAX_SHOWN = 100;
/** A search looks at so many of the newest orders: a tenth of a second at most, while a page asks every second. */
const MAX_SEARCHED = 50_000;
const MAX_CALLBACKS = 60;
const MAX_FAULTS = 30;

const viewSchema = z.strictObject({
  mchid: z.string().optional(),
  search: z.string().max(64).optional().describe('Part of an out_trade_no.'),
  before: z.coerce.number().int().min(0).optional().describe('`next` of the page before; the newest when left out.'),
  limit: z.coerce.number().int().min(1).max(MAX_SHOWN).default(30),
});
type View = z.output<typeof viewSchema>;

const liveAnswer = z
  .object({
    clock: clockAnswer,
    summary: summaryAnswer,
    defaultNotifyUrl: z.string().nullable(),
    orders: z.array(shownOrderAnswer),
    next: z.int().nullable().describe('Where older ones go on; null at the end, or where a search gave up.'),
    callbacks: z.array(callbackAnswer).describe('The newest attempts of these orders and their refunds.'),
    faults: z.array(faultRecordAnswer).describe('The newest faults that have happened.'),
  })
  .meta({ id: 'Live', description: 'What a screen shows of the simulator.' });

const choicesAnswer = z
  .object({
    callbackFaults: z.array(z.string()),
    paymentFaults: z.array(z.string()),
    refundFaults: z.array(z.string()),
    operations: z.array(z.string()),
    errorCodes: z.array(z.string()),
  })
  .meta({ id: 'Choices', description: 'Names that fault rates and rules for the API take.' });

export type Live = z.output<typeof liveAnswer>;
export type Choices = z.output<typeof choicesAnswer>;

/** What a page asks for every second, in one cheap call, and what it offers for choice. */
export function registerLiveRoutes(app: ControlApp, parts: SimulatorParts): void {
  app.get(
    '/live',
    {
      schema: {
        tags: ['simulator'],
        summary: 'Clock, counts, the newest orders and their callbacks, for a screen that asks every second',
        querystring: viewSchema,
        response: { 200: liveAnswer },
      },
    },
    async (request) => {
      const page = newestOrders(parts.orders.all(), request.query);
      return {
        clock: describeClock(parts.clock.reading()),
        summary: { orders: parts.orders.size, ...parts.deliveries.summary() },
        defaultNotifyUrl: parts.defaultNotifyUrl ?? null,
        orders: page.orders.map(describeShown),
        next: page.next,
        callbacks: newestCallbacks(page.orders),
        faults: parts.faultPlan.log.all().slice(-MAX_FAULTS).reverse().map(describeFaultRecord),
      };
    },
  );

  app.get(
    '/choices',
    {
      schema: {
        tags: ['faults'],
        summary: 'Names of faults, operations and error codes',
        response: { 200: choicesAnswer },
      },
    },
    async () => ({
      callbackFaults: [...FAULT_NAMES],
      paymentFaults: [...PAYMENT_FAULT_NAMES],
      refundFaults: [...REFUND_FAULT_NAMES],
      operations: [...API_OPERATIONS],
      errorCodes: [...INJECTED_ERROR_CODES],
    }),
  );
}

function newestOrders(all: readonly Order[], { mchid, search, before, limit }: View) {
  const orders: Order[] = [];
  const start = Math.min(before ?? all.length, all.length);
  const end = Math.max(start - MAX_SEARCHED, 0);
  for (let position = start - 1; position >= end; position -= 1) {
    const order = all[position];
    if (order === undefined || (mchid !== undefined && order.terms.mchid !== mchid)) continue;
    if (search !== undefined && !order.terms.outTradeNo.includes(search)) continue;
    if (orders.length === limit) return { orders, next: position + 1 };
    orders.push(order);
  }
  return { orders, next: null };
}

function describeShown(order: Order): z.output<typeof shownOrderAnswer> {
  const full = describeOrderFully(order);
  return {
    ...describeOrder(order),
    attempts: full.notification?.attempts.length ?? 0,
    lastAnswer: full.notification?.attempts.at(-1) ?? null,
    nextAttemptAt: full.notification?.nextAttemptAt ?? null,
    refunded: order.refunds.filter(isTaken).reduce((sum, { terms }) => sum + terms.refund, 0),
  };
}

function isTaken({ status }: Refund): boolean {
  return status === 'SUCCESS' || status === 'PROCESSING';
}

function newestCallbacks(orders: readonly Order[]): z.output<typeof callbackAnswer>[] {
  return orders
    .flatMap(callbacksOf)
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
    .slice(0, MAX_CALLBACKS);
}

function callbacksOf(order: Order): z.output<typeof callbackAnswer>[] {
  const { mchid, outTradeNo, notification, refunds } = describeOrderFully(order);
  const about = { mchid, outTradeNo };
  return [
    ...(notification?.attempts ?? []).map((attempt) => ({
      kind: 'payment' as const,
      ...about,
      outRefundNo: null,
      ...attempt,
    })),
    ...refunds.flatMap(({ outRefundNo, notification: told }) =>
      (told?.attempts ?? []).map((attempt) => ({ kind: 'refund' as const, ...about, outRefundNo, ...attempt })),
    ),
  ];
}
