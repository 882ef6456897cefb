import type { FoldContext, WaitingEvent } from '../src/fold-order.ts';
import { foldOrder } from '../src/fold-order.ts';
import type { OrderEvent, ReceivedEvent } from '../src/order-event.ts';
import { eventKey } from '../src/order-event.ts';
import type { OrderState } from '../src/order-state.ts';
import { NOW } from './order-fixtures.ts';

/** One order, its parked events and its ledger in memory: what points does with the database, without one. */
export function createOrderModel(order: OrderState, policy: Partial<FoldContext> = {}) {
  let state: OrderState | undefined;
  let parked: WaitingEvent[] = [];
  let offset = 0;
  const ledger: { key: string; amount: number }[] = [];
  const witnesses = new Map<string, number>();
  const told: [kind: string, state: string][] = [];

  function fold(events: ReceivedEvent[]): void {
    if (state === undefined) {
      const known = new Set(parked.map((each) => eventKey(each.event)));
      for (const event of events) {
        if (!known.has(eventKey(event.event))) parked.push({ ...event, parkedId: ++offset, reason: 'no_such_order' });
        known.add(eventKey(event.event));
      }
      return;
    }
    const balance = ledger.reduce((sum, line) => sum + line.amount, 0);
    const context = { now: NOW, latePayment: 'credit', allowNegativeBalance: false, balance, ...policy } as const;
    const folded = foldOrder(state, parked, events, context);
    state = folded.after;
    for (const line of folded.ledger) ledger.push({ key: line.key, amount: line.amount });
    for (const [witness, at] of folded.evidence) witnesses.set(witness, Math.min(at, witnesses.get(witness) ?? at));
    for (const { kind, state } of folded.mismatches) told.push([kind, state]);
    const gone = new Set(folded.unparked.map((each) => each.parkedId));
    parked = [
      ...parked.filter((each) => !gone.has(each.parkedId)),
      ...folded.park.map((each) => ({ ...each, parkedId: ++offset })),
    ];
  }

  return {
    receive: (...events: OrderEvent[]) =>
      fold(
        events.map((event) => ({
          event,
          source: { topic: 'payment.confirmed', partition: 0, offset: String(++offset) },
        })),
      ),
    create(): void {
      if (state !== undefined) return;
      state = order;
      fold([]);
    },
    get order(): OrderState | undefined {
      return state;
    },
    ledger,
    told,
    get mismatches(): string[] {
      return told.map(([kind]) => kind);
    },
    get parked(): string[] {
      return parked.map((each) => each.reason);
    },
    /** Everything that has to be the same whatever the order of events. */
    outcome() {
      return {
        order: state === undefined ? undefined : { ...state, refunds: [...state.refunds.values()].sort(byNumber) },
        ledgerKeys: ledger.map((line) => line.key).sort(),
        balance: ledger.reduce((sum, line) => sum + line.amount, 0),
        witnesses: [...witnesses].sort(),
        parked: parked.map((each) => eventKey(each.event)).sort(),
      };
    },
  };
}

function byNumber(a: { outRefundNo: string }, b: { outRefundNo: string }): number {
  return a.outRefundNo.localeCompare(b.outRefundNo);
}
