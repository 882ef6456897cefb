import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import { isSameMismatch, mergeMismatch } from './merge-mismatch.ts';

/** `opened`: nobody knew it. `moved`: its state is another now. */
export type EventResult = { state: MismatchView['state']; result: 'opened' | 'moved' | 'unchanged' };

export type SeenMismatch = { mismatch: MismatchView; traceparent: string | undefined };

/** What the events of a round make of one mismatch. */
export type MismatchChange = {
  before: MismatchView | undefined;
  after: MismatchView;
  /** Of the event that changed it last. */
  traceparent: string | undefined;
  results: EventResult[];
};

/** Pure: joins a round's events into what is known, by id. */
export function joinEvents(
  known: ReadonlyMap<string, MismatchView>,
  events: readonly SeenMismatch[],
): MismatchChange[] {
  const byId = Map.groupBy(events, ({ mismatch }) => mismatch.id);
  return [...byId].map(([id, seen]) => joinOne(known.get(id), seen));
}

/** True when the row is to be written. */
export function isChanged({ before, after }: MismatchChange): boolean {
  return before === undefined || !isSameMismatch(before, after);
}

function joinOne(before: MismatchView | undefined, seen: readonly SeenMismatch[]): MismatchChange {
  const [first, ...others] = seen;
  if (first === undefined) throw new Error('a group has at least one event');
  let after = before === undefined ? first.mismatch : mergeMismatch(before, first.mismatch);
  let traceparent = first.traceparent;
  const results: EventResult[] = [{ state: first.mismatch.state, result: resultOf(before, after) }];
  for (const event of others) {
    const merged = mergeMismatch(after, event.mismatch);
    const result = resultOf(after, merged);
    if (result !== 'unchanged') traceparent = event.traceparent;
    results.push({ state: event.mismatch.state, result });
    after = merged;
  }
  return { before, after, traceparent, results };
}

function resultOf(before: MismatchView | undefined, after: MismatchView): EventResult['result'] {
  if (before === undefined) return 'opened';
  return before.state === after.state ? 'unchanged' : 'moved';
}
