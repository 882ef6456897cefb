import { parseArgs } from 'node:util';
import { writeEvidence } from '@payguard/local/load/evidence';
import type { Soak } from './soak.ts';
import { soakAlerter } from './soak-alerter.ts';
import { soakBudget } from './soak-budget.ts';
import { soakCost } from './soak-cost.ts';
import { soakDrill } from './soak-drill.ts';
import { soakKillNine } from './soak-kill-nine.ts';
import { soakOfKillRounds } from './soak-kill-rounds.ts';
import { soakRecovery } from './soak-recovery.ts';

const SOAKS: readonly Soak[] = [
  soakKillNine,
  soakRecovery,
  soakBudget,
  soakCost,
  soakOfKillRounds,
  soakAlerter,
  soakDrill,
];

const HELP = `npm run soak [-- --only NAME] [--seed N] [--events 30000] [--kills 10] [--rounds 200] [--orders 1000]
              [--backlog 100000] [--idle 1000000]

What npm test tries at small sizes, at the full ones. Each soak writes a record with seed, commit and machine to
docs/evidence; exit code 1 when anything was not as it has to be. Without --only all of them, one after the other:

${SOAKS.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    events: { type: 'string', default: '30000' },
    kills: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '200' },
    orders: { type: 'string', default: '1000' },
    backlog: { type: 'string', default: '100000' },
    idle: { type: 'string', default: '1000000' },
    help: { type: 'boolean', default: false },
  },
});
const { only, help, ...numbers } = values;
const chosen = SOAKS.filter(({ name }) => only === undefined || only === name);
const areNumbers = Object.values(numbers).every((text) => /^\d{1,9}$/.test(text));
if (help || chosen.length === 0 || !areNumbers) {
  console.log(HELP);
  process.exit(help ? 0 : 2);
}

const options = {
  seed: Number(numbers.seed),
  events: Number(numbers.events),
  kills: Number(numbers.kills),
  rounds: Number(numbers.rounds),
  orders: Number(numbers.orders),
  backlog: Number(numbers.backlog),
  idle: Number(numbers.idle),
};
let isWell = true;
for (const { name, run } of chosen) {
  console.log(`${name}, seed ${options.seed}`);
  const { figures, complaints } = await run(options, console.log);
  const record = await writeEvidence(`soak-${name}`, { seed: options.seed, complaints, ...figures });
  for (const complaint of complaints) console.log(`${name}: ${complaint}`);
  console.log(`${name}: ${complaints.length === 0 ? 'as it has to be' : 'NOT as it has to be'}; written: ${record}`);
  isWell &&= complaints.length === 0;
}
process.exit(isWell ? 0 : 1);
