import type { Fault, FaultName } from './fault.ts';

/** How one attempt is made to look. */
export type Forgery = 'none' | 'tampered_body' | 'tampered_signature' | 'tampered_tag' | 'signtest';

export type AttemptPlan =
  /** Nothing reaches the receiver; the attempt counts as failed. */
  | { readonly kind: 'drop'; readonly fault: FaultName }
  | {
      readonly kind: 'send';
      readonly forgery: Forgery;
      readonly copies: 'one' | 'two_in_turn' | 'two_at_once';
      readonly fault: FaultName | undefined;
    };

/**
 * What attempt `number` (from 1) of a notification with these faults does. Dropped attempts come first, then tampered
 * ones, then SIGNTEST ones; the first true attempt after them is the one that is doubled.
 */
export function planAttempt(faults: readonly Fault[], number: number): AttemptPlan {
  const dropped = faults.find((fault) => fault.kind === 'lost_first');
  const tampered = faults.find((fault) => fault.kind === 'tampered');
  const signtest = faults.find((fault) => fault.kind === 'signtest');

  let place = number;
  if (dropped !== undefined && place <= dropped.attempts) return { kind: 'drop', fault: 'lost_first' };
  place -= dropped?.attempts ?? 0;
  if (tampered !== undefined && place <= tampered.attempts) return sendForged(`tampered_${tampered.part}`);
  place -= tampered?.attempts ?? 0;
  if (signtest !== undefined && place <= signtest.attempts) return sendForged('signtest');
  place -= signtest?.attempts ?? 0;

  return place === 1 ? sendFirstTrue(faults) : { kind: 'send', forgery: 'none', copies: 'one', fault: undefined };
}

/** Whether the notification never arrives at all. */
export function isLost(faults: readonly Fault[]): boolean {
  return faults.some((fault) => fault.kind === 'lost');
}

/** How long after the payment the first attempt is made, in ms. */
export function firstAttemptDelayMs(faults: readonly Fault[]): number {
  return faults.find((fault) => fault.kind === 'delayed')?.ms ?? 0;
}

function sendForged(forgery: Exclude<Forgery, 'none'>): AttemptPlan {
  return { kind: 'send', forgery, copies: 'one', fault: forgery };
}

function sendFirstTrue(faults: readonly Fault[]): AttemptPlan {
  if (faults.some((fault) => fault.kind === 'doubled_at_once')) {
    return { kind: 'send', forgery: 'none', copies: 'two_at_once', fault: 'doubled_at_once' };
  }
  if (faults.some((fault) => fault.kind === 'doubled')) {
    return { kind: 'send', forgery: 'none', copies: 'two_in_turn', fault: 'doubled' };
  }
  return { kind: 'send', forgery: 'none', copies: 'one', fault: undefined };
}
