import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';
import fc from 'fast-check';
import { mismatchEvent, NOW } from './alerter-fixtures.ts';

const SECOND_MS = 1_000;

/** Any event about one mismatch that the parts of the system could publish. */
export function mismatchEvents(outTradeNo: string): fc.Arbitrary<PaymentMismatch> {
  return fc
    .record({
      state: fc.constantFrom('open', 'open', 'auto_repaired', 'resolved', 'dismissed'),
      // Few different times, so that equal ones are common.
      second: fc.integer({ min: -3, max: 3 }),
      transaction_id: fc.constantFrom(null, '4200001', '4200002'),
      system_status: fc.constantFrom('pending', 'paid'),
      system_amount: fc.constantFrom(null, 600),
      handled_by: fc.constantFrom('李薇', '王芳'),
    })
    .map(({ second, state, handled_by, ...facts }) => ({
      ...mismatchEvent(outTradeNo, facts),
      state,
      detected_at: new Date(NOW + second * SECOND_MS).toISOString(),
      ...(state === 'resolved' || state === 'dismissed' ? { handled_by, handled_reason: 'looked into it' } : {}),
    }));
}

/** Cuts a list at the given places into rounds. */
export function cutIntoRounds<T>(events: readonly T[], cuts: readonly number[]): T[][] {
  const rounds: T[][] = [[]];
  for (const [index, event] of events.entries()) {
    if (cuts.includes(index)) rounds.push([]);
    rounds.at(-1)?.push(event);
  }
  return rounds.filter((round) => round.length > 0);
}
