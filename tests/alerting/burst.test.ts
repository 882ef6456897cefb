import { expect, inject, it } from 'vitest';
import { CHANNELS } from './alerting-world.ts';
import { type BurstFigures, runBurst } from './burst-run.ts';

const MISMATCHES = 500;
/** The soak takes a whole minute. */
const OVER_MS = 3_000;
const MOST_A_MINUTE = 20;
const MOST_LATER_MS = 2_000;

it('500 mismatches at once are at most 20 messages a channel, which count all of them, and a robot that hangs delays no other', async () => {
  const burst = { databaseUrl: inject('databaseUrl'), mismatches: MISMATCHES, overMs: OVER_MS };
  const [healthy, hanging] = await Promise.all([
    runBurst({ ...burst, hanging: null }),
    runBurst({ ...burst, hanging: 'dingtalk' }),
  ]);
  console.log(`burst of ${MISMATCHES}: ${JSON.stringify({ healthy, hanging })}`);
  for (const channel of CHANNELS) {
    for (const figures of [healthy, hanging]) expectBounded(figures, channel);
    if (channel === 'dingtalk') continue;
    expect(hanging[channel].lastMs - healthy[channel].lastMs).toBeLessThanOrEqual(MOST_LATER_MS);
    expect(hanging[channel].slowestMs - healthy[channel].slowestMs).toBeLessThanOrEqual(MOST_LATER_MS);
  }
});

function expectBounded(figures: BurstFigures, channel: keyof BurstFigures): void {
  expect(figures[channel].stated).toBe(MISMATCHES);
  expect(figures[channel].busiestMinute).toBeLessThanOrEqual(MOST_A_MINUTE);
}
