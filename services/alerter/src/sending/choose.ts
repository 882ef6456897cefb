import type { Severity } from '@payguard/shared/alerting/alert-message';
import { type ChannelState, hasFailedLong } from './channel-state.ts';
import { nextSlot } from './message-rate.ts';

/** What a channel without a fallback could not deliver for a day is of no use to anybody. */
export const GIVEN_UP_AFTER_MS = 24 * 3_600_000;

/** A notice as far as the choice depends on it. */
export type Waiting = { severity: Severity; dueAt: number };

export type ChannelView<N extends Waiting> = {
  /** What waits, most important first. */
  notices: readonly N[];
  state: ChannelState;
  /** The last delivery was refused: nothing changes before a person does something. */
  isRefused: boolean;
  /** When the deliveries of the last minute ended, ms UTC. */
  endings: readonly number[];
};

export type ChannelRules = {
  perMinute: number;
  /** Who takes over, and after how long; null where nobody does. */
  fallback: { channel: string; afterMs: number } | null;
};

export type Choice<N> =
  | { kind: 'nothing' }
  | { kind: 'wait'; until: number }
  | { kind: 'send'; notices: readonly N[] }
  | { kind: 'hand_over'; to: string; notices: readonly N[] }
  | { kind: 'give_up'; notices: readonly N[] };

/** What is to be done on a channel now. */
export function choose<N extends Waiting>(view: ChannelView<N>, rules: ChannelRules, now: number): Choice<N> {
  const { notices, state } = view;
  if (!notices.some((notice) => notice.dueAt <= now)) return { kind: 'nothing' };
  if (state.quietUntil !== null && state.quietUntil > now) return chooseWhileQuiet(view, rules, now, state.quietUntil);
  const isCritical = notices.some((notice) => notice.severity === 'critical' && notice.dueAt <= now);
  const slot = nextSlot(view.endings, { perMinute: rules.perMinute, isCritical, now });
  return slot > now ? { kind: 'wait', until: slot } : { kind: 'send', notices };
}

function chooseWhileQuiet<N extends Waiting>(
  { notices, state, isRefused }: ChannelView<N>,
  { fallback }: ChannelRules,
  now: number,
  until: number,
): Choice<N> {
  if (fallback !== null) {
    const isTakenOver = isRefused || hasFailedLong(state, now, fallback.afterMs);
    return isTakenOver ? { kind: 'hand_over', to: fallback.channel, notices } : { kind: 'wait', until };
  }
  // A channel that has not been tried since a long stop of ours is tried first: it is not quiet.
  const stale = notices.filter((notice) => notice.dueAt <= now - GIVEN_UP_AFTER_MS);
  return stale.length > 0 ? { kind: 'give_up', notices: stale } : { kind: 'wait', until };
}
