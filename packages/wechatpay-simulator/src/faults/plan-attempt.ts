import type { AttemptFault, Fault } from './fault.ts';

/** How one attempt is made to look. */
export type Forgery =
  | 'none'
  | 'tampered_body'
  | 'tampered_signature'
  | 'tampered_tag'
  | 'tampered_aad'
  | 'wrong_key'
  | 'wrong_amount'
  | 'wrong_appid'
  | 'wrong_mchid'
  | 'unknown_serial'
  | 'stale_timestamp'
  | 'signtest';

export type AttemptPlan =
  /** Nothing reaches the receiver; the attempt counts as failed. */
  | { readonly kind: 'drop'; readonly fault: AttemptFault }
  | {
      readonly kind: 'send';
      readonly forgery: Forgery;
      readonly copies: 'one' | 'two_in_turn' | 'two_at_once';
      readonly fault: AttemptFault | undefined;
    };

type RepeatedFault = Extract<Fault, { readonly attempts: number }>;

/** In which order the faulty attempts come, whatever order they were asked for in. */
const TURNS: readonly RepeatedFault['kind'][] = [
  'lost_first',
  'tampered',
  'wrong_key',
  'wrong_amount',
  'wrong_appid',
  'wrong_mchid',
  'unknown_serial',
  'stale_timestamp',
  'signtest',
];

/** Nothing is sent in an outage; its attempts take their places in the plan all the same. */
export const OUTAGE_ATTEMPT: AttemptPlan = { kind: 'drop', fault: 'outage' };
const TRUE_ATTEMPT: AttemptPlan = { kind: 'send', forgery: 'none', copies: 'one', fault: undefined };

/**
 * What attempt `number` (from 1) of a notification with these faults does. The faulty ones come first, each kind in its
 * turn; the first true attempt after them is the one that is doubled.
 */
export function planAttempt(faults: readonly Fault[], number: number): AttemptPlan {
  if (faults.length === 0) return TRUE_ATTEMPT;
  let place = number;
  for (const kind of TURNS) {
    const fault = faults.find((candidate): candidate is RepeatedFault => candidate.kind === kind);
    if (fault === undefined) continue;
    if (place <= fault.attempts) return planFaulty(fault);
    place -= fault.attempts;
  }
  return place === 1 ? planFirstTrue(faults) : TRUE_ATTEMPT;
}

/** Whether the notification never arrives at all. */
export function isLost(faults: readonly Fault[]): boolean {
  return faults.some((fault) => fault.kind === 'lost');
}

/** Whether another notification is to come before it. */
export function isOutOfOrder(faults: readonly Fault[]): boolean {
  return faults.some((fault) => fault.kind === 'out_of_order');
}

/** How long after the payment the first attempt is made, in ms. */
export function firstAttemptDelayMs(faults: readonly Fault[]): number {
  return faults.find((fault) => fault.kind === 'delayed')?.ms ?? 0;
}

function planFaulty(fault: RepeatedFault): AttemptPlan {
  switch (fault.kind) {
    case 'lost_first':
      return { kind: 'drop', fault: 'lost_first' };
    case 'tampered':
      return sendForged(`tampered_${fault.part}`);
    default:
      return sendForged(fault.kind);
  }
}

function sendForged(forgery: Exclude<Forgery, 'none'>): AttemptPlan {
  return { kind: 'send', forgery, copies: 'one', fault: forgery };
}

function planFirstTrue(faults: readonly Fault[]): AttemptPlan {
  if (faults.some((fault) => fault.kind === 'doubled_at_once')) {
    return { kind: 'send', forgery: 'none', copies: 'two_at_once', fault: 'doubled_at_once' };
  }
  if (faults.some((fault) => fault.kind === 'doubled')) {
    return { kind: 'send', forgery: 'none', copies: 'two_in_turn', fault: 'doubled' };
  }
  return TRUE_ATTEMPT;
}
