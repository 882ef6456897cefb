import { expect, inject, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { KILL_STEPS, runKillRounds } from './kill-rounds.ts';

/** Each step once; the soak has 200 and more. */
const ROUNDS = KILL_STEPS.length;
const TIMEOUT_MS = 180_000;

it(
  'kill -9 of the alerter at each step of sending: every mismatch is told, at most one message is repeated for each kill',
  async () => {
    const seed = chosenSeed();
    const servers = { brokers: inject('kafkaBrokers'), databaseUrl: inject('databaseUrl') };
    const report = await runKillRounds({
      servers,
      rounds: ROUNDS,
      seed,
      eventsARound: 0,
      waitOutEvery: 0,
      say: console.log,
    });
    console.log(`alerter kill rounds: ${JSON.stringify(report)}`);
    expect(report.wrong).toEqual([]);
    expect(Object.values(report.kills)).toEqual(KILL_STEPS.map(() => 1));
  },
  TIMEOUT_MS,
);
