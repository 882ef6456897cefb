import { CHANNELS } from '../alerting/alerting-world.ts';
import { type BurstFigures, runBurst } from '../alerting/burst-run.ts';
import { runKillRounds } from '../alerting/kill-rounds.ts';
import { above, type Soak } from './soak.ts';
import { withServers } from './soak-servers.ts';

const MISMATCHES = 500;
const OVER_MS = 60_000;
const MOST_A_MINUTE = 20;
const MOST_LATER_MS = 2_000;
const EVENTS_A_ROUND = 2;
/** The others are ended by hand, in place of waiting 20 s each time. */
const WAIT_OUT_EVERY = 40;

export const soakAlerter: Soak = {
  name: 'alerter',
  about:
    'the alerter killed at each step of sending (--rounds); 500 mismatches in a minute, with and without a robot that hangs',
  run: ({ seed, rounds }, say) =>
    withServers(say, async (servers) => {
      const kills = { rounds, eventsARound: EVENTS_A_ROUND, waitOutEvery: WAIT_OUT_EVERY };
      const killRounds = await runKillRounds({ servers, seed, say, ...kills });
      const { messages, repetitions, wrong } = killRounds;
      say(`${rounds} kills, ${messages} messages, ${repetitions} repeated, ${wrong.length} wrong`);
      const options = { databaseUrl: servers.databaseUrl, mismatches: MISMATCHES, overMs: OVER_MS };
      const [healthy, hanging] = await Promise.all([
        runBurst({ ...options, hanging: null }),
        runBurst({ ...options, hanging: 'dingtalk' }),
      ]);
      return {
        figures: { killRounds, burst: { mismatches: MISMATCHES, overMs: OVER_MS, healthy, hanging } },
        complaints: [...wrong, ...complaintsAbout(healthy, hanging)],
      };
    }),
};

function complaintsAbout(healthy: BurstFigures, hanging: BurstFigures): string[] {
  return CHANNELS.flatMap((channel) => {
    const laterMs = hanging[channel].slowestMs - healthy[channel].slowestMs;
    return [
      ...[healthy, hanging].flatMap((figures) => [
        ...above(`${channel}: messages in a minute`, figures[channel].busiestMinute, MOST_A_MINUTE),
        ...(figures[channel].stated === MISMATCHES ? [] : [`${channel}: ${figures[channel].stated} mismatches stated`]),
      ]),
      ...(channel === 'dingtalk'
        ? []
        : above(`${channel}: ms later beside a robot that hangs`, laterMs, MOST_LATER_MS)),
    ];
  });
}
