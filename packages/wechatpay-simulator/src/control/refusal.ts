import type { z } from 'zod';
import { explainInvalid } from '../explain-invalid.ts';

/** Answers of the control API that refuse. The message is one sentence: what is wrong and what to do. */
const REFUSALS = {
  unknown_merchant: [404, 'mchid is unknown or missing; give one of GET /control/v1/merchants.'],
  unknown_order: [404, 'out_trade_no is unknown for this mchid; create the order first.'],
  no_notify_url: [
    400,
    'notifyUrl is missing and the simulator has no default; give it here or start with --notify-url.',
  ],
  already_paid: [409, 'the order is paid already; an order is paid once.'],
  differs: [409, 'outTradeNo was used with other parameters or is paid; take a new one.'],
  transaction_id_used: [409, 'transactionId belongs to another order; give another or leave it out.'],
  full: [507, 'the simulator holds as much as it can; POST /control/v1/reset empties it.'],
  clock_not_manual: [409, 'the clock follows real time; start the simulator with --clock manual to advance it.'],
} as const satisfies Record<string, readonly [number, string]>;

export type RefusalKind = keyof typeof REFUSALS;

export class ControlRefusal extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.name = 'ControlRefusal';
    this.statusCode = statusCode;
  }
}

export function refusalText(kind: RefusalKind): string {
  return REFUSALS[kind][1];
}

export function refusal(kind: RefusalKind): ControlRefusal {
  const [statusCode, message] = REFUSALS[kind];
  return new ControlRefusal(statusCode, message);
}

/** `input` as `schema` has it. Throws a ControlRefusal (400) that names the first field that is wrong. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  throw new ControlRefusal(400, `The request is invalid: ${explainInvalid(parsed.error)}.`);
}
