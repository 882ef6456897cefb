import { KILL_ROUNDS_STATE_DIR, type KillRoundsReport, runKillRounds } from './kill-rounds.ts';

/** The full size of the kill rounds: `npm run soak -- --only kill-rounds --rounds 200`. Good when `wrong` is empty. */
export async function soakKillRounds(options: {
  rounds: number;
  seed: number;
  say(line: string): void;
}): Promise<KillRoundsReport> {
  const report = await runKillRounds({ ...options, stateDir: KILL_ROUNDS_STATE_DIR });
  const { rounds, orders, credited, closed, refunds, spoiltCalls, retries } = report;
  options.say(
    `${rounds} kills, ${orders} orders (${credited} credited, ${closed} closed), ${refunds} refunds, ${spoiltCalls} slow or ` +
      `spoilt calls, ${retries} retries of the shop, ${report.wrong.length} wrong`,
  );
  for (const line of report.wrong) options.say(`wrong: ${line}`);
  return report;
}
