import type { Severity } from '@payguard/shared/alerting/alert-message';
import { describe, expect, it } from 'vitest';
import { HEALTHY } from '../../src/sending/channel-state.ts';
import { type ChannelRules, type ChannelView, choose, GIVEN_UP_AFTER_MS } from '../../src/sending/choose.ts';

const NOW = Date.UTC(2025, 6, 12);
const ALONE: ChannelRules = { perMinute: 20, fallback: null };
const BACKED: ChannelRules = { perMinute: 20, fallback: { channel: 'mail', afterMs: 300_000 } };

const notice = (dueAt: number, severity: Severity = 'warning') => ({ severity, dueAt });
const due = notice(NOW);
type View = ChannelView<ReturnType<typeof notice>>;
const view = (differences: Partial<View>): View => ({
  ...{ notices: [due], state: HEALTHY, isRefused: false, endings: [] },
  ...differences,
});
const failing = (sinceMs: number, quietMs: number) => ({
  ...{ failures: 3, failingSince: NOW - sinceMs, quietUntil: NOW + quietMs },
});

describe('choose', () => {
  it('does nothing while nothing is due', () => {
    expect(choose(view({ notices: [notice(NOW + 1)] }), ALONE, NOW)).toEqual({ kind: 'nothing' });
  });

  it('sends what is due and takes along what only waits for company', () => {
    const notices = [due, notice(NOW + 20_000)];
    expect(choose(view({ notices }), ALONE, NOW)).toEqual({ kind: 'send', notices });
  });

  it('waits until the back-off ends, then sends', () => {
    const state = failing(10_000, 4_000);
    expect(choose(view({ state }), BACKED, NOW)).toEqual({ kind: 'wait', until: NOW + 4_000 });
    expect(choose(view({ state }), BACKED, NOW + 4_000)).toMatchObject({ kind: 'send' });
  });

  it('hands over at once what was refused', () => {
    const refused = view({ state: failing(0, 300_000), isRefused: true });
    expect(choose(refused, BACKED, NOW)).toEqual({ kind: 'hand_over', to: 'mail', notices: [due] });
  });

  it('hands over what a channel cannot take that has failed, or been throttled, for too long', () => {
    const long = view({ state: failing(300_000, 60_000) });
    expect(choose(long, BACKED, NOW)).toMatchObject({ kind: 'hand_over', to: 'mail' });
  });

  it('tries a channel that was handed over again when its quiet ends', () => {
    const over = view({ state: failing(900_000, 0), isRefused: true });
    expect(choose(over, BACKED, NOW)).toMatchObject({ kind: 'send' });
  });

  it('gives up after a day what nobody takes over, but not before it was tried', () => {
    const old = notice(NOW - GIVEN_UP_AFTER_MS);
    const notices = [old, due];
    expect(choose(view({ notices, state: failing(1, 5_000) }), ALONE, NOW)).toEqual({
      ...{ kind: 'give_up', notices: [old] },
    });
    expect(choose(view({ notices, state: failing(1, 0) }), ALONE, NOW)).toMatchObject({ kind: 'send' });
  });

  it('lets a page through where warnings have to wait for the next minute', () => {
    const endings = Array.from({ length: 17 }, (_, n) => NOW - 5_000 - n * 1_000);
    expect(choose(view({ endings }), ALONE, NOW)).toMatchObject({ kind: 'wait' });
    expect(choose(view({ endings, notices: [notice(NOW, 'critical')] }), ALONE, NOW)).toMatchObject({ kind: 'send' });
  });
});
