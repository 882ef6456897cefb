import type { SendOutcome } from '@payguard/shared/alerting/alert-message';

/** How a channel has done lately; times in ms UTC. */
export type ChannelState = {
  /** Attempts in a row that did not succeed. */
  failures: number;
  /** Since the first of them. */
  failingSince: number | null;
  /** Nothing is sent before. */
  quietUntil: number | null;
};

export const HEALTHY: ChannelState = { failures: 0, failingSince: null, quietUntil: null };

/** What only a person can mend, and what the fallback has taken over, is tried so often. */
export const RARE_RETRY_MS = 5 * 60_000;
/** A robot asks for ten minutes at most; a minute more for clocks that differ. */
const LONGEST_QUIET_MS = 11 * 60_000;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 60_000;
/** Retries of several channels to one server are spread by this part of their wait. */
const JITTER = 0.2;

export type Circumstances = {
  now: number;
  /** Null: there is no other channel to take over. */
  fallbackAfterMs: number | null;
  /** From 0 up to 1. */
  random: number;
};

/** The state as it can be believed: times that lie too far ahead were written before the clock was set back. */
export function asOf(state: ChannelState, now: number): ChannelState {
  const { failures, failingSince, quietUntil } = state;
  return {
    failures,
    failingSince: failingSince === null ? null : Math.min(failingSince, now),
    quietUntil: quietUntil === null || quietUntil > now + LONGEST_QUIET_MS ? null : quietUntil,
  };
}

/** True when the channel has failed for so long that the fallback takes over. */
export function hasFailedLong(state: ChannelState, now: number, fallbackAfterMs: number): boolean {
  return state.failingSince !== null && state.failingSince + fallbackAfterMs <= now;
}

/** The channel's state after an attempt. */
export function afterOutcome(state: ChannelState, outcome: SendOutcome, circumstances: Circumstances): ChannelState {
  if (outcome.kind === 'sent') return HEALTHY;
  const { now, fallbackAfterMs } = circumstances;
  const failing = { failures: state.failures + 1, failingSince: state.failingSince ?? now };
  const isTakenOver = fallbackAfterMs !== null && hasFailedLong({ ...failing, quietUntil: null }, now, fallbackAfterMs);
  const waitMs = Math.max(waitAfter(outcome, state.failures, circumstances.random), isTakenOver ? RARE_RETRY_MS : 0);
  return { ...failing, quietUntil: now + Math.round(waitMs) };
}

function waitAfter(outcome: Exclude<SendOutcome, { kind: 'sent' }>, failuresBefore: number, random: number): number {
  switch (outcome.kind) {
    case 'throttled':
      return outcome.retryAfterMs;
    case 'refused':
      return RARE_RETRY_MS;
    case 'failed':
      return Math.min(FIRST_BACK_OFF_MS * 2 ** failuresBefore, LONGEST_BACK_OFF_MS) * (1 - JITTER * random);
  }
}
