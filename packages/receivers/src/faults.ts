import { z } from 'zod';
import type { Channel } from './inbox.ts';

const times = z.int().min(1).max(1_000_000).optional().describe('Calls that suffer it; unset: all until it is lifted');

/** What a robot or webhook can be told to do instead of its work. */
export const httpFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('errcode'), errcode: z.int(), times }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    retryAfter: z.string().max(64).optional().describe('Header Retry-After'),
    times,
  }),
  z.strictObject({ kind: z.literal('redirect'), location: z.url(), times }),
  /** A page where JSON belongs. */
  z.strictObject({ kind: z.literal('html'), times }),
  /** An answer of so many bytes. */
  z.strictObject({
    kind: z.literal('huge'),
    bytes: z
      .int()
      .min(1)
      .max(64 * 1024 * 1024),
    times,
  }),
  z.strictObject({ kind: z.literal('hang'), times }),
  /** The connection ends before the message is taken … */
  z.strictObject({ kind: z.literal('cut'), times }),
  /** … or after. */
  z.strictObject({ kind: z.literal('lose_answer'), times }),
]);
export type HttpFault = z.infer<typeof httpFaultSchema>;

/** What the mail server can be told to do instead of its work. */
export const mailFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('refuse'),
    at: z.enum(['connect', 'login', 'sender', 'receiver', 'data']),
    reply: z.int().min(400).max(599),
    address: z.string().optional().describe('Only this receiver'),
    times,
  }),
  /** 451 for each pair of sender and receiver the first time. */
  z.strictObject({ kind: z.literal('greylist'), times }),
  z.strictObject({ kind: z.literal('hang'), at: z.enum(['connect', 'data']), times }),
  z.strictObject({ kind: z.literal('cut'), times }),
  z.strictObject({ kind: z.literal('lose_answer'), times }),
]);
export type MailFault = z.infer<typeof mailFaultSchema>;

export type Fault = HttpFault | MailFault;

/** What a receiver is to suffer: one fault at a time, null for none. */
export type FaultSwitch<F extends Fault> = {
  set(fault: F | null): void;
  current(): F | null;
  /** The fault that this call suffers; counts it. */
  take(): F | null;
};

export type Faults = { mail: FaultSwitch<MailFault> } & Record<Exclude<Channel, 'mail'>, FaultSwitch<HttpFault>>;

export function createFaults(): Faults {
  return {
    mail: createSwitch<MailFault>(),
    dingtalk: createSwitch<HttpFault>(),
    wecom: createSwitch<HttpFault>(),
    webhook: createSwitch<HttpFault>(),
    shop: createSwitch<HttpFault>(),
  };
}

function createSwitch<F extends Fault>(): FaultSwitch<F> {
  let current: F | null = null;
  return {
    set(fault) {
      current = fault;
    },
    current: () => current,
    take() {
      const fault = current;
      if (fault?.times !== undefined) current = fault.times === 1 ? null : { ...fault, times: fault.times - 1 };
      return fault;
    },
  };
}
