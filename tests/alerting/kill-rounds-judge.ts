import { setTimeout as delay } from 'node:timers/promises';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import type { ExpectedMismatch } from './kill-rounds-events.ts';
import { CHANNELS, type KillRoundsSystem } from './kill-rounds-system.ts';
import type { TakenMessage } from './webhook-desk.ts';

export type Judgement = {
  mismatches: number;
  /** Messages that the desk took, and those of them that said something again. */
  messages: number;
  repetitions: number;
  /** Deliveries whose sender was killed before their outcome was recorded. */
  lost: number;
  /** One line for each thing that is not as it should be. */
  wrong: string[];
};

type MismatchRow = { id: string; state: string; detected_at: string; handled_by: string | null };
type NoticeRow = { channel: string; subject: string; news: string; state: string };

/** Longer than a lease, a session of Kafka's and a start. */
const SETTLED_WITHIN_MS = 120_000;
const LOOK_MS = 200;

/** Waits until everything is told and merged, and says what is not, or too often. */
export async function judge(
  system: KillRoundsSystem,
  expected: readonly ExpectedMismatch[],
  kills: number,
): Promise<Judgement> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const taken = [...system.desk.taken];
    const wrong = [...(await wronglyMerged(system, expected)), ...(await untold(system, expected, taken))];
    if (wrong.length === 0 || performance.now() > deadline) {
      const lost = await countLost(system);
      const repetitions = CHANNELS.map((channel) => countRepetitions(taken.filter((each) => each.channel === channel)));
      for (const [index, channel] of CHANNELS.entries()) {
        const [repeated = 0, lostHere = 0] = [repetitions[index], lost.get(channel)];
        if (repeated > lostHere) wrong.push(`${channel}: ${repeated} messages repeated, ${lostHere} deliveries lost`);
        if (lostHere > kills) wrong.push(`${channel}: ${lostHere} deliveries lost by ${kills} kills`);
      }
      return {
        ...{ mismatches: expected.length, messages: taken.length, wrong },
        repetitions: repetitions.reduce((sum, count) => sum + count, 0),
        lost: [...lost.values()].reduce((sum, count) => sum + count, 0),
      };
    }
    await delay(LOOK_MS);
  }
}

async function wronglyMerged({ pool }: KillRoundsSystem, expected: readonly ExpectedMismatch[]): Promise<string[]> {
  const rows: MismatchRow[] = await pool.query({
    sql: 'SELECT id, state, detected_at, handled_by FROM mismatches',
    dateStrings: true,
  });
  const found = new Map(rows.map((row) => [row.id, row]));
  return expected.flatMap(({ id, state, detectedAt, handledBy }) => {
    const row = found.get(id);
    const isRight = row?.state === state && fromUtcText(row.detected_at) === detectedAt && row.handled_by === handledBy;
    return isRight ? [] : [`mismatch ${id} should be ${state}, is ${JSON.stringify(row)}`];
  });
}

/** What was not told on a channel: every notice, and every mismatch that is open. */
async function untold(
  { pool }: KillRoundsSystem,
  expected: readonly ExpectedMismatch[],
  taken: readonly TakenMessage[],
): Promise<string[]> {
  const notices: NoticeRow[] = await pool.query('SELECT channel, subject, news, state FROM alert_notices');
  const ours = new Set(expected.map(({ id }) => `mismatch:${id}`));
  const told = new Map(CHANNELS.map((channel) => [channel as string, toldOn(taken, channel)]));
  const wanted = [
    ...notices.filter(({ subject }) => ours.has(subject)),
    ...expected
      .filter(({ state }) => state === 'open')
      .flatMap(({ id }) =>
        CHANNELS.map((channel) => ({ channel, subject: `mismatch:${id}`, news: 'opened', state: 'sent' })),
      ),
  ];
  return wanted.flatMap(({ channel, subject, news, state }) => {
    const heard = told.get(channel)?.get(subject) ?? new Set();
    // Who hears in one message that it opened and ended hears of the end.
    const isTold = heard.has(news) || heard.has('ended');
    return isTold && state === 'sent' ? [] : [`${channel}: ${subject} ${news} is ${state}, told ${[...heard].join()}`];
  });
}

function toldOn(taken: readonly TakenMessage[], channel: string): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>();
  for (const { mismatchId, news } of taken.filter((each) => each.channel === channel).flatMap(({ items }) => items)) {
    const subject = `mismatch:${mismatchId}`;
    told.set(subject, (told.get(subject) ?? new Set()).add(news));
  }
  return told;
}

/** Messages of one channel that say something that an earlier one has said. */
function countRepetitions(messages: readonly TakenMessage[]): number {
  const said = new Set<string>();
  let repetitions = 0;
  for (const { items } of messages) {
    const keys = items.map(({ mismatchId, news }) => `${mismatchId} ${news}`);
    if (keys.some((key) => said.has(key))) repetitions += 1;
    for (const key of keys) said.add(key);
  }
  return repetitions;
}

async function countLost({ pool }: KillRoundsSystem): Promise<Map<string, number>> {
  const rows: { channel: string; lost: number }[] = await pool.query(
    "SELECT channel, COUNT(*) AS lost FROM alert_deliveries WHERE outcome = 'lost' GROUP BY channel",
  );
  return new Map(rows.map((row) => [row.channel, Number(row.lost)]));
}
