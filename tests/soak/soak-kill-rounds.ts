import { soakKillRounds } from '../active-query/kill-rounds-soak.ts';
import type { Soak } from './soak.ts';

export const soakOfKillRounds: Soak = {
  name: 'kill-rounds',
  about: 'poll, order API, Kafka and MariaDB killed in the middle of poll, create, close and refund (--rounds)',
  async run({ seed, rounds }, say) {
    const report = await soakKillRounds({ rounds, seed, say });
    return { figures: report, complaints: report.wrong };
  },
};
