import type { z } from 'zod';
import { callbackLogSchema } from './callback-log.ts';
import { paymentClosedSchema } from './payment-closed.ts';
import { paymentConfirmedSchema } from './payment-confirmed.ts';
import { paymentDecisionSchema } from './payment-decision.ts';
import { paymentMismatchSchema } from './payment-mismatch.ts';
import { paymentRefundedSchema } from './payment-refunded.ts';
import { pointsCreditedSchema } from './points-credited.ts';

/** One schema and one major version for each event; a topic carries the events of its own name. */
export const EVENT_TYPES = {
  'payment.confirmed': { version: 1, schema: paymentConfirmedSchema },
  'payment.refunded': { version: 1, schema: paymentRefundedSchema },
  'payment.closed': { version: 1, schema: paymentClosedSchema },
  'payment.decision': { version: 1, schema: paymentDecisionSchema },
  'payment.mismatch': { version: 1, schema: paymentMismatchSchema },
  'payment.callback-log': { version: 1, schema: callbackLogSchema },
  'points.credited': { version: 1, schema: pointsCreditedSchema },
} as const;

export type EventType = keyof typeof EVENT_TYPES;
export type EventData<T extends EventType> = z.infer<(typeof EVENT_TYPES)[T]['schema']>;

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENT_TYPES, text);
}
