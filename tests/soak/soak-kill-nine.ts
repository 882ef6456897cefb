import { CHAOS_STATE_DIR, runChaos } from '../exactly-once/chaos.ts';
import { brokenInvariants, type Soak } from './soak.ts';

const DUPLICATES = 0.25;

export const soakKillNine: Soak = {
  name: 'kill-nine',
  about: 'payments by callback while gateway, points, Kafka and MariaDB are killed (--events, --kills)',
  async run({ seed, events, kills }, say) {
    const chaos = { seed, events, duplicates: DUPLICATES, killsOfEach: kills, stateDir: CHAOS_STATE_DIR, say };
    const report = await runChaos(chaos);
    const slowestReturnMs = Math.max(...report.kills.map((kill) => kill.backMs));
    const { sent, accepted, lost } = report;
    say(`sent ${sent}, accepted ${accepted}, lost ${lost.length}; slowest return ${slowestReturnMs} ms`);
    return {
      figures: { events, killsOfEach: kills, ...report, lost: lost.length, slowestReturnMs },
      complaints: [
        ...(lost.length === 0 ? [] : [`${lost.length} payments are lost`]),
        ...brokenInvariants(report.broken),
      ],
    };
  },
};
