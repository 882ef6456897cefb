import { budgetText, measureBudget } from '../active-query/budget-run.ts';
import { above, below, type Soak } from './soak.ts';
import { withServers } from './soak-servers.ts';

const MOST = 1.02;
const LEAST = 0.95;

export const soakBudget: Soak = {
  name: 'budget',
  about: 'five minutes of two polls and a busy order API, in real time, against the budget',
  async run(_options, say) {
    const run = { requestsPerSecond: 100, speed: 1, seconds: 300, backlog: 50_000, waiters: 150 };
    const figures = await withServers(say, (servers) => measureBudget(servers, run));
    say(budgetText(figures));
    return {
      figures: { ...run, ...figures },
      complaints: [
        ...above('share of the budget in the busiest minute', figures.busiestMinuteShare, MOST),
        ...below('share of the budget that is used', figures.usedShare, LEAST),
      ],
    };
  },
};
