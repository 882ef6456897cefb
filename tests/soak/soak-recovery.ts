import { recoveryText } from '../active-query/recovery-figures.ts';
import { measureRecovery, type RecoveryResult, type RecoveryRun } from '../active-query/recovery-run.ts';
import { above, brokenInvariants, type Soak } from './soak.ts';
import { withServers } from './soak-servers.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const BARS = { p50: 10 * SECOND_MS, p99: 60 * SECOND_MS };
const AGES = { shortestAgeMs: 5 * SECOND_MS, longestAgeMs: 30 * MINUTE_MS };

export const soakRecovery: Soak = {
  name: 'recovery',
  about: 'every callback lost: how soon payments are found by asking, alone and beside a backlog (--orders, --backlog)',
  async run({ seed, orders, backlog }, say) {
    const runs: Record<string, RecoveryRun> = {
      // Fifty minutes in ten: the machine's part (some 50 ms from the question to the credit) counts five times.
      accelerated: {
        ...{ ...AGES, seed, orders, spread: 'created', withinMs: 20 * MINUTE_MS },
        ...{ speed: 5, requestsPerSecond: 50, backlog: 0 },
      },
      realTime: {
        ...{ seed, orders: Math.ceil(orders / 4), shortestAgeMs: 5 * SECOND_MS, longestAgeMs: 60 * SECOND_MS },
        ...{ spread: 'created', withinMs: MINUTE_MS, speed: 1, requestsPerSecond: 50, backlog: 0 },
      },
      // The budget is used up throughout: four times as fast is what one process can ask and answer.
      backlog: {
        ...{ ...AGES, seed, orders: Math.ceil(orders / 4), spread: 'paid', withinMs: 8 * MINUTE_MS },
        ...{ speed: 4, requestsPerSecond: 50, backlog },
      },
    };
    const figures: Record<string, RecoveryRun & RecoveryResult> = {};
    const complaints: string[] = [];
    for (const [name, run] of Object.entries(runs)) {
      const result = await withServers(say, (servers) => measureRecovery(servers, run));
      say(
        `${name}, seed ${seed}: ${recoveryText(result)}, ${result.askedOfBacklog} of ${run.backlog} of the backlog asked`,
      );
      figures[name] = { ...run, ...result };
      complaints.push(...complaintsAbout(name, run, result));
    }
    return { figures, complaints };
  },
};

/** Beside a backlog only the slowest matter: the middle depends on how much of the budget is left. */
function complaintsAbout(name: string, run: RecoveryRun, result: RecoveryResult): string[] {
  return [
    ...(result.credited === run.orders ? [] : [`${name}: only ${result.credited} of ${run.orders} are credited`]),
    ...(run.backlog > 0 ? [] : above(`${name}: p50 of recovery in ms`, result.recovery.p50, BARS.p50)),
    ...above(`${name}: p99 of recovery in ms`, result.recovery.p99, BARS.p99),
    ...brokenInvariants(result.broken),
  ];
}
