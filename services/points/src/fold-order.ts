import type { Witness } from '@payguard/shared/events/payment-confirmed';
import type { PaymentDecision } from '@payguard/shared/events/payment-decision';
import type { Decision, MismatchFacts, ParkReason } from './decide.ts';
import { decide } from './decide.ts';
import type { ReceivedEvent } from './order-event.ts';
import { eventKey } from './order-event.ts';
import type { LedgerEntry, OrderState } from './order-state.ts';
import type { MerchantPolicy } from './settings.ts';

/** An event that waits; `parkedId` when it stands in parked_events already. */
export type WaitingEvent = ReceivedEvent & { parkedId: number | undefined; reason: ParkReason };

export type LedgerLine = LedgerEntry & { source: ReceivedEvent };

/** A mismatch, and the trace of the event that showed it. */
export type FoundMismatch = MismatchFacts & { traceparent?: string | undefined };

/** Everything a round does to one order, in the order it was decided. */
export type FoldedOrder = {
  before: OrderState;
  after: OrderState;
  ledger: LedgerLine[];
  /** First sight of each witness, ms UTC. */
  evidence: Map<Witness, number>;
  mismatches: FoundMismatch[];
  /** Confirmations of an order that had its points: to be announced again if the record is the one that credited. */
  alreadyCredited: ReceivedEvent[];
  park: WaitingEvent[];
  /** Parked rows that have been applied (or found without effect) and may go. */
  unparked: WaitingEvent[];
  /** Parked rows that go on waiting, but for something else. */
  reparked: WaitingEvent[];
  /** True while anything of this order waits: it is not final then. */
  waits: boolean;
  outcomes: Decision['outcome'][];
};

export type FoldContext = {
  now: number;
  latePayment: MerchantPolicy['latePayment'];
  allowNegativeBalance: boolean;
  /** The user's points before this order. */
  balance: number;
};

/**
 * Applies events to one order, and after each change the parked ones that may have become applicable. Pure: reads and
 * writes nothing.
 */
export function foldOrder(
  order: OrderState,
  parked: readonly WaitingEvent[],
  events: readonly ReceivedEvent[],
  context: FoldContext,
): FoldedOrder {
  const folded: FoldedOrder = {
    before: order,
    after: order,
    ledger: [],
    evidence: new Map(),
    mismatches: [],
    alreadyCredited: [],
    park: [],
    unparked: [],
    reparked: [],
    waits: false,
    outcomes: [],
  };
  const waiting = new Map(parked.map((event) => [eventKey(event.event), event]));
  // Parked events first: they came first. One of them may wait only for the order itself to exist.
  applyWaiting(folded, waiting, context);
  for (const received of events) {
    const decision = apply(folded, received, waiting, context);
    if (decision.outcome === 'parked' || decision.outcome === 'held') {
      const key = eventKey(received.event);
      if (!waiting.has(key)) waiting.set(key, { ...received, parkedId: undefined, reason: decision.reason });
    }
    if (received.event.kind === 'decision' || changesWhatMayApply(decision)) applyWaiting(folded, waiting, context);
  }
  folded.waits = waiting.size > 0;
  const before = new Map(parked.map((event) => [event.parkedId, event.reason]));
  folded.park = [...waiting.values()].filter((event) => event.parkedId === undefined);
  folded.reparked = [...waiting.values()].filter(
    (event) => event.parkedId !== undefined && before.get(event.parkedId) !== event.reason,
  );
  return folded;
}

/** Applies waiting events until none of them applies any more. */
function applyWaiting(folded: FoldedOrder, waiting: Map<string, WaitingEvent>, context: FoldContext): void {
  let progress = true;
  while (progress) {
    progress = false;
    for (const [key, event] of waiting) {
      const decision = apply(folded, event, waiting, context);
      if (decision.outcome === 'parked' || decision.outcome === 'held') {
        waiting.set(key, { ...event, reason: decision.reason });
        continue;
      }
      waiting.delete(key);
      if (event.parkedId !== undefined) folded.unparked.push(event);
      progress ||= changesWhatMayApply(decision);
    }
  }
}

function apply(
  folded: FoldedOrder,
  received: ReceivedEvent,
  waiting: ReadonlyMap<string, WaitingEvent>,
  context: FoldContext,
): Decision {
  const { event } = received;
  const taken = folded.ledger.reduce((sum, line) => sum + line.amount, 0);
  const decision = decide(folded.after, event, {
    ...context,
    balance: context.balance + taken,
    verdicts: verdictsAmong(waiting),
  });
  folded.outcomes.push(decision.outcome);
  if ('order' in decision && decision.order !== undefined) folded.after = decision.order;
  if ('ledger' in decision && decision.ledger !== undefined)
    folded.ledger.push({ ...decision.ledger, source: received });
  const heldBefore = decision.outcome === 'held' && waiting.get(eventKey(event))?.reason === decision.reason;
  if ('mismatch' in decision && decision.mismatch !== undefined && !heldBefore)
    folded.mismatches.push({ ...decision.mismatch, traceparent: received.traceparent });
  if (decision.outcome === 'already_credited') folded.alreadyCredited.push(received);
  if (event.kind === 'confirmed' && SETTLES.has(decision.outcome)) {
    noteWitness(folded.evidence, event.data.witness, Date.parse(event.data.observed_at));
  }
  return decision;
}

/** The payment is the order's own: it has been credited, or goes back. */
const SETTLES: ReadonlySet<Decision['outcome']> = new Set([
  'credited',
  'already_credited',
  'refund_requested',
  'already_refunded',
]);

/** A confirmation may also tell the transaction of an order that was credited without one. */
const MAKES_APPLICABLE: ReadonlySet<Decision['outcome']> = new Set([
  'credited',
  'already_credited',
  'refund_requested',
  'closed',
]);

function changesWhatMayApply(decision: Decision): boolean {
  return MAKES_APPLICABLE.has(decision.outcome);
}

/** Where people disagree, to credit counts before to refund, and that before to dismiss: the order of events must not matter. */
const VERDICT_RANK = { credit: 3, refund: 2, dismiss: 1 } as const;

function verdictsAmong(waiting: ReadonlyMap<string, WaitingEvent>): Map<string, PaymentDecision> {
  const verdicts = new Map<string, PaymentDecision>();
  for (const { event } of waiting.values()) {
    if (event.kind !== 'decision') continue;
    const { transaction_id, verdict } = event.data;
    const known = verdicts.get(transaction_id);
    if (known === undefined || VERDICT_RANK[verdict] > VERDICT_RANK[known.verdict]) {
      verdicts.set(transaction_id, event.data);
    }
  }
  return verdicts;
}

function noteWitness(evidence: Map<Witness, number>, witness: Witness, seenAt: number): void {
  evidence.set(witness, Math.min(seenAt, evidence.get(witness) ?? seenAt));
}
