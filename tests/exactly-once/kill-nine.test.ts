import { expect, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { CHAOS_STATE_DIR, runChaos } from './chaos.ts';

/** The soak kills more often; the events are as many here already. */
const EVENTS = 5_000;
/** After a dependency is back, its services must be too, by themselves. */
const BACK_WITHIN_MS = 15_000;
const TIMEOUT_MS = 240_000;

it(
  'kill -9 of gateway, points, Kafka and MariaDB loses no acknowledged callback and doubles none',
  async () => {
    const seed = chosenSeed();
    const report = await runChaos({
      seed,
      events: EVENTS,
      duplicates: 0.25,
      killsOfEach: 1,
      stateDir: CHAOS_STATE_DIR,
      say: console.log,
    });
    console.log(JSON.stringify(report));
    expect(report).toMatchObject({ accepted: 4_000, sent: EVENTS, lost: [], broken: [] });
    expect(report.kills.map((kill) => kill.part).sort()).toEqual(['gateway', 'kafka', 'mariadb', 'points']);
    expect(Math.max(...report.kills.map((kill) => kill.backMs))).toBeLessThanOrEqual(BACK_WITHIN_MS);
  },
  TIMEOUT_MS,
);
