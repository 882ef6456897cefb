import { expect, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { KILL_ROUNDS_STATE_DIR, runKillRounds } from './kill-rounds.ts';

/** The soak has 200 and more. */
const ROUNDS = 4;
const TIMEOUT_MS = 240_000;

it(
  'kill -9 of poll, checkout, Kafka and MariaDB in the middle of calls prepays and refunds nothing twice and forgets nothing',
  async () => {
    const seed = chosenSeed();
    const report = await runKillRounds({ rounds: ROUNDS, seed, stateDir: KILL_ROUNDS_STATE_DIR, say: console.log });
    console.log(`kill rounds: ${JSON.stringify(report)}`);
    expect(report.wrong).toEqual([]);
    expect(Object.values(report.kills).every((count) => count === ROUNDS / 4)).toBe(true);
  },
  TIMEOUT_MS,
);
