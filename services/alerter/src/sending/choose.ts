import { type ChannelState, hasFailedLong } from './channel-state.ts';
import { nextSlot } from './message-rate.ts';

export type ChannelView = {
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

export type Choice =
  | { kind: 'send' }
  /** Only if something is due that pages somebody; the others wait. */
  | { kind: 'send_critical'; until: number }
  | { kind: 'wait'; until: number }
  | { kind: 'hand_over'; to: string };

/** What is to be done with what is due on a channel. Looks at no notice: there may be very many of them. */
export function choose(view: ChannelView, { perMinute, fallback }: ChannelRules, now: number): Choice {
  const { state, isRefused, endings } = view;
  if (state.quietUntil !== null && state.quietUntil > now) {
    const isTakenOver = fallback !== null && (isRefused || hasFailedLong(state, now, fallback.afterMs));
    return isTakenOver ? { kind: 'hand_over', to: fallback.channel } : { kind: 'wait', until: state.quietUntil };
  }
  const slotOfPage = nextSlot(endings, { perMinute, isCritical: true, now });
  if (slotOfPage > now) return { kind: 'wait', until: slotOfPage };
  const slot = nextSlot(endings, { perMinute, isCritical: false, now });
  return slot > now ? { kind: 'send_critical', until: slot } : { kind: 'send' };
}
