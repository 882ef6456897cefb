import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { handleRound } from '../src/handle-round.ts';
import { openAlerterDatabase, readNotices } from './alerter-database.ts';
import { alertsFile, mismatchRecord } from './alerter-fixtures.ts';
import { cutIntoRounds, mismatchEvents } from './mismatch-histories.ts';

/** Each run is three deliveries of one history, on the real database. */
const RUNS = 60;

let alerter: Awaited<ReturnType<typeof openAlerterDatabase>>;
beforeAll(async () => {
  alerter = await openAlerterDatabase(alertsFile({ digest: { to: ['desk'] } }));
});
afterAll(() => alerter.drop());

let runs = 0;

/** The same history under a name of its own; answers its row without what names it. */
async function deliver(history: readonly PaymentMismatch[], cuts: readonly number[], name: string) {
  const id = name.padStart(32, '0');
  const rounds = cutIntoRounds(history, cuts);
  for (const round of rounds) {
    const records = round.map((event) => mismatchRecord({ ...event, id }));
    await (await handleRound(records, alerter.deps))();
  }
  const rows: Record<string, unknown>[] = await alerter.pool.query(
    { sql: 'SELECT * FROM mismatches WHERE id = ?', dateStrings: true },
    [id],
  );
  const [row] = rows;
  return { row: { ...row, id: '' }, notices: await readNotices(alerter.pool, `mismatch:${id}`) };
}

it('ends in the same row and tells each channel once, whatever order, repetition and rounds the events come in', async () => {
  const history = fc.array(mismatchEvents('CONVERGE_01'), { minLength: 1, maxLength: 5 }).chain((events) =>
    fc.record({
      events: fc.constant(events),
      shuffled: fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
      cuts: fc.uniqueArray(fc.integer({ min: 0, max: 9 })),
      otherCuts: fc.uniqueArray(fc.integer({ min: 0, max: 9 })),
    }),
  );
  await fc.assert(
    fc.asyncProperty(history, async ({ events, shuffled, cuts, otherCuts }) => {
      runs += 1;
      const run = runs.toString(16);
      const whole = await deliver(events, [], `a${run}`);
      const split = await deliver(shuffled, cuts, `b${run}`);
      const again = await deliver([...shuffled].reverse(), otherCuts, `c${run}`);
      expect(split.row).toEqual(whole.row);
      expect(again.row).toEqual(whole.row);
      for (const { row, notices } of [whole, split, again])
        expectToldRightly(String(Reflect.get(row, 'state')), notices);
    }),
    { numRuns: RUNS },
  );
});

function expectToldRightly(state: string, notices: Awaited<ReturnType<typeof readNotices>>): void {
  const told = notices.map(({ channel, news }) => `${channel} ${news}`).sort();
  const opened = ['desk opened', 'page opened'];
  if (state === 'open') expect(told).toEqual(opened);
  else if (told.includes('page opened'))
    expect(told).toEqual(['desk ended', 'desk opened', 'page ended', 'page opened']);
  // Never seen open in a round of its own: news for the digest when it repaired itself, or for nobody.
  else expect([[], ['desk digest']]).toContainEqual(told);
}
