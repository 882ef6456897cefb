import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeMismatch, toMismatch } from '../src/mismatches/merge-mismatch.ts';
import { mismatchEvent } from './alerter-fixtures.ts';
import { mismatchEvents } from './mismatch-histories.ts';

const three = fc.tuple(mismatchEvents('MERGE_0001'), mismatchEvents('MERGE_0001'), mismatchEvents('MERGE_0001'));

describe('merging what is known of a mismatch', () => {
  it('depends neither on order nor on grouping nor on repetition', () => {
    fc.assert(
      fc.property(three, (events) => {
        const [a, b, c] = [toMismatch(events[0]), toMismatch(events[1]), toMismatch(events[2])];
        expect(mergeMismatch(a, b)).toEqual(mergeMismatch(b, a));
        expect(mergeMismatch(mergeMismatch(a, b), c)).toEqual(mergeMismatch(a, mergeMismatch(b, c)));
        expect(mergeMismatch(a, a)).toEqual(a);
        expect(mergeMismatch(mergeMismatch(a, b), a)).toEqual(mergeMismatch(a, b));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['open', 'auto_repaired'],
    ['auto_repaired', 'resolved'],
    ['open', 'dismissed'],
  ] as const)('moves from %s to %s and never back', (lower, higher) => {
    const before = toMismatch(mismatchEvent('MERGE_0002', { state: lower, detected_at: '2026-03-01T00:00:00Z' }));
    const after = toMismatch(mismatchEvent('MERGE_0002', { state: higher, detected_at: '2026-02-28T00:00:00Z' }));
    for (const merged of [mergeMismatch(before, after), mergeMismatch(after, before)]) {
      expect(merged.state).toBe(higher);
      expect(merged.stateAt).toBe(after.stateAt);
      expect(merged.detectedAt).toBe(after.detectedAt);
    }
  });

  it('keeps the decision of the person who was first', () => {
    const first = closed('resolved', '李薇', '2026-03-01T01:00:00Z');
    const second = closed('dismissed', '王芳', '2026-03-01T01:00:01Z');
    for (const merged of [mergeMismatch(first, second), mergeMismatch(second, first)]) {
      expect(merged).toMatchObject({ state: 'resolved', handledBy: '李薇' });
    }
  });

  it('fills in numbers from whichever event has them', () => {
    const early = toMismatch(mismatchEvent('MERGE_0003', { transaction_id: null }));
    const late = toMismatch(
      mismatchEvent('MERGE_0003', { transaction_id: '4200001', detected_at: '2026-03-02T00:00:00Z' }),
    );
    expect(mergeMismatch(early, late).transaction_id).toBe('4200001');
    expect(mergeMismatch(early, late).stateAt).toBe(early.stateAt);
  });
});

function closed(state: 'resolved' | 'dismissed', by: string, at: string): MismatchView {
  const handled = { handled_by: by, handled_reason: 'looked into it' };
  return toMismatch(mismatchEvent('MERGE_0004', { state, detected_at: at, ...handled }));
}
