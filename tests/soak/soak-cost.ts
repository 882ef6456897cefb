import { costText, MAX_RSS_MIB, measureRuns, mostGrowth } from '../active-query/cost-run.ts';
import { above, type Soak } from './soak.ts';
import { withServers } from './soak-servers.ts';

const DUE = 200;
const MAX_GROWTH = 1.2;

export const soakCost: Soak = {
  name: 'cost',
  about: 'what one run of poll costs beside 10,000, 100,000 and --idle orders that are not due',
  async run({ idle }, say) {
    const sizes = [...[10_000, 100_000].filter((size) => size < idle), idle];
    const runs = await withServers(say, (servers) => measureRuns(servers, { sizes, due: DUE }));
    for (const run of runs) say(costText(run));
    return {
      figures: { due: DUE, runs },
      complaints: [
        ...above('growth of reads', mostGrowth(runs, 'reads'), MAX_GROWTH),
        ...above('growth of writes', mostGrowth(runs, 'writes'), MAX_GROWTH),
        ...above('most resident MiB', Math.max(...runs.map((run) => run.peakRssMiB)), MAX_RSS_MIB),
      ],
    };
  },
};
