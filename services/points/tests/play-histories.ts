import { systemClock } from '@payguard/shared/clock/clock';
import { applyRound } from '../src/apply-round.ts';
import type { RoundDependencies } from '../src/handle-round.ts';
import type { OrderEvent } from '../src/order-event.ts';
import { addOrders, received } from './points-database.ts';

export type Step = OrderEvent | 'create';
export type History = { outTradeNo: string; userId: number; steps: Step[] };

/** Events of so many histories are mixed in one round, as Kafka would mix them. */
const MIXED = 20;

/** Plays histories on the real database, each on an order of its own: one step of each a round. */
export async function playHistories(histories: readonly History[], deps: RoundDependencies): Promise<void> {
  for (let start = 0; start < histories.length; start += MIXED) {
    await playTogether(histories.slice(start, start + MIXED), deps);
  }
}

async function playTogether(histories: readonly History[], deps: RoundDependencies): Promise<void> {
  while (histories.some((history) => history.steps.length > 0)) {
    const events: OrderEvent[] = [];
    for (const { outTradeNo, userId, steps } of histories) {
      const step = steps.shift();
      if (step === 'create') {
        await addOrders(deps.pool, [{ outTradeNo, userId, amountTotal: 10_000, points: 1_001 }]);
      } else if (step !== undefined) events.push(step);
    }
    const round = { events: received(...events), alsoOrders: [] };
    await applyRound(deps.pool, round, deps.settings, systemClock, deps.announcer.publish);
  }
}
