import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderEvent } from '../src/order-event.ts';
import { closed, confirmed, pendingOrder, refunded } from './order-fixtures.ts';
import { createOrderModel } from './order-model.ts';

/** At least this many permutations are tried on the pure rules at every run. */
const RUNS = 10_000;

const order = pendingOrder();
const EVENTS: readonly (OrderEvent | 'create')[] = [
  'create',
  confirmed(order, 'callback'),
  confirmed(order, 'query', { observed_at: '2025-07-11T16:57:31.000Z' }),
  refunded(order, 'PART', 3_333),
  refunded(order, 'PART', 3_333, { status: 'PROCESSING', success_time: null }),
  refunded(order, 'REST', 6_667),
  closed(order),
];

/** Every event at least once, some again, in any order, in rounds of any size. */
const histories = fc
  .tuple(
    fc.shuffledSubarray([...EVENTS.keys()], { minLength: EVENTS.length }),
    fc.array(fc.nat({ max: EVENTS.length - 1 }), { maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 13, maxLength: 13 }),
  )
  .chain(([all, again, rounds]) =>
    fc.tuple(fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }), fc.constant(rounds)),
  );

function play(history: readonly number[], rounds: readonly number[]) {
  const model = createOrderModel(order);
  const pending = history.map((index) => EVENTS[index]);
  for (let round = 0; pending.length > 0; round += 1) {
    const together = pending.splice(0, rounds[round] ?? 1);
    if (together.includes('create')) model.create();
    model.receive(...together.filter((each): each is OrderEvent => each !== undefined && each !== 'create'));
  }
  return model;
}

describe('an order', () => {
  it('ends the same whatever the order, repetition and grouping of its events', () => {
    const expected = play([...EVENTS.keys()], []).outcome();
    expect(expected.balance).toBe(0);
    expect(expected.order?.paymentStatus).toBe('refunded');
    expect(expected.parked).toEqual([]);
    fc.assert(
      fc.property(histories, ([history, rounds]) => {
        expect(play(history, rounds).outcome()).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  it('has at most one recharge at every moment of every history', () => {
    fc.assert(
      fc.property(histories, ([history]) => {
        const model = createOrderModel(order);
        for (const index of history) {
          const event = EVENTS[index];
          if (event === 'create') model.create();
          else if (event !== undefined) model.receive(event);
          const recharges = model.ledger.filter((line) => line.key.startsWith('recharge:'));
          expect(recharges.length).toBe(model.order?.creditedAt == null ? 0 : 1);
          expect(model.ledger.reduce((sum, line) => sum + line.amount, 0)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: RUNS / 10 },
    );
  });
});
