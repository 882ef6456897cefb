import { describe, expect, it } from 'vitest';
import { HEALTHY } from '../../src/sending/channel-state.ts';
import { type ChannelRules, type ChannelView, choose } from '../../src/sending/choose.ts';

const NOW = Date.UTC(2025, 6, 12);
const ALONE: ChannelRules = { perMinute: 20, fallback: null };
const BACKED: ChannelRules = { perMinute: 20, fallback: { channel: 'mail', afterMs: 300_000 } };

const view = (differences: Partial<ChannelView>): ChannelView => ({
  ...{ state: HEALTHY, isRefused: false, endings: [] },
  ...differences,
});
const failing = (sinceMs: number, quietMs: number) => ({
  ...{ failures: 3, failingSince: NOW - sinceMs, quietUntil: NOW + quietMs },
});

describe('choose', () => {
  it('waits until the back-off ends, then sends', () => {
    const state = failing(10_000, 4_000);
    expect(choose(view({ state }), BACKED, NOW)).toEqual({ kind: 'wait', until: NOW + 4_000 });
    expect(choose(view({ state }), BACKED, NOW + 4_000)).toEqual({ kind: 'send' });
  });

  it('hands over at once what was refused', () => {
    const refused = view({ state: failing(0, 300_000), isRefused: true });
    expect(choose(refused, BACKED, NOW)).toEqual({ kind: 'hand_over', to: 'mail' });
  });

  it('hands over what a channel cannot take that has failed, or been throttled, for too long', () => {
    const long = view({ state: failing(300_000, 60_000) });
    expect(choose(long, BACKED, NOW)).toEqual({ kind: 'hand_over', to: 'mail' });
    expect(choose(long, ALONE, NOW)).toMatchObject({ kind: 'wait' });
  });

  it('tries a channel that was handed over again when its quiet ends', () => {
    const over = view({ state: failing(900_000, 0), isRefused: true });
    expect(choose(over, BACKED, NOW)).toEqual({ kind: 'send' });
  });

  it('lets a page through where warnings have to wait for the next minute, until the minute is full', () => {
    const endings = (count: number) => Array.from({ length: count }, (_, n) => NOW - 5_000 - n * 1_000);
    expect(choose(view({ endings: endings(4) }), ALONE, NOW)).toEqual({ kind: 'send' });
    expect(choose(view({ endings: endings(17) }), ALONE, NOW)).toMatchObject({ kind: 'send_critical' });
    expect(choose(view({ endings: endings(20) }), ALONE, NOW)).toMatchObject({ kind: 'wait' });
  });
});
