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
  closed: [
    409,
    'the order is closed; take a new outTradeNo, or pay with "late": true as a payer who had begun before.',
  ],
  expired: [409, 'the order has expired; pay with "late": true as a payer who had begun before.'],
  coupon_too_high: [409, 'coupon is not less than the total; leave the payer at least 1 fen.'],
  unknown_refund: [404, 'out_refund_no is unknown for this mchid; request the refund first.'],
  refund_is_final: [409, 'the refund is final; only PROCESSING and ABNORMAL ones can still change.'],
  not_paid: [409, 'the order is not paid; pay it before it is refunded.'],
  total_differs: [409, 'total is not that of the order.'],
  not_refundable_so_much: [409, 'refund is more than what is left of the order.'],
  too_late: [409, 'the order was paid more than 365 days ago.'],
  too_many: [409, 'the order has its 50 refunds.'],
  too_soon: [409, 'refunds of one order must be a minute apart; wait or advance the clock.'],
  transaction_id_used: [409, 'transactionId belongs to another order; give another or leave it out.'],
  full: [507, 'the simulator holds as much as it can; POST /control/v1/reset empties it.'],
  other_site: [
    403,
    'a page of another site may only read here; call from a program, or from the pages of the simulator.',
  ],
  too_many_listeners: [503, 'the clock has as many listeners as it can serve; close one and try again.'],
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
