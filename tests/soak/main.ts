import { parseArgs } from 'node:util';
import { writeEvidence } from '@payguard/local/load/evidence';
import { CHAOS_STATE_DIR, runChaos } from '../exactly-once/chaos.ts';

const HELP = `npm run soak [-- --events 30000] [--kills 10] [--seed N]

Payments while gateway, points, Kafka and MariaDB are killed with -9 at seeded moments, at the full sizes. Writes a record
with seed, commit and machine to docs/evidence; exit code 1 when anything was lost, doubled or broken.`;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '30000' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});
const [events, killsOfEach, seed] = [Number(values.events), Number(values.kills), Number(values.seed)];
if (values.help || ![events, killsOfEach, seed].every((number) => Number.isInteger(number) && number >= 0)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const report = await runChaos({
  seed,
  events,
  duplicates: 0.25,
  killsOfEach,
  stateDir: CHAOS_STATE_DIR,
  say: console.log,
});
const back = report.kills.map((kill) => kill.backMs);
const summary = { ...report, lost: report.lost.length, slowestReturnMs: Math.max(...back) };
console.log(
  `sent ${report.sent}, accepted ${report.accepted}, lost ${summary.lost}, broken invariants: ${report.broken.join() || 'none'}`,
);
console.log(
  `slowest return ${summary.slowestReturnMs} ms over ${back.length} kills; written: ${await writeEvidence('soak-kill-nine', { events, killsOfEach, ...summary })}`,
);
process.exit(summary.lost === 0 && report.broken.length === 0 ? 0 : 1);
