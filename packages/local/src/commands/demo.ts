import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Command, EXIT_FAILED, EXIT_OK } from '@payguard/cli/command';
import { formatVerdict } from '../demo/format-verdict.ts';
import type { DemoSizes } from '../demo/plan-orders.ts';
import { hasFailed, runDemo } from '../demo/run-demo.ts';
import { DEFAULT_STATE_DIR } from '../servers/default-folders.ts';
import { StartError } from '../supervise/start-error.ts';
import { readOwnServers } from '../system/own-servers.ts';
import { findRun, type RunJson } from '../system/run-file.ts';
import { startLocal } from '../system/start-local.ts';
import { readSizes } from './demo-sizes.ts';
import { abortOnStopSignal } from './stop-signals.ts';

const HELP = `Usage: npm run demo -- [options]

Plays the incident against the running system (starts one for its time when none runs): orders are paid, and callbacks
are lost, doubled, forged or probed. What no callback brings in, the poll asks WeChat Pay about. At the end it says what
was credited, by which witness and how soon, and counts what must be zero.

  --orders N      how many (default 1000)
  --lost PCT      callback never arrives (default 10; 100: as in the incident)
  --doubled PCT   callback arrives twice, half of them at once (default 20)
  --tampered PCT  a forged callback comes first, the true one 15 s later (default 5)
  --probed PCT    WeChat Pay's SIGNTEST probe comes first, the true one 15 s later (default 5)
  The shares together make at most 100; those not given make room for those that are.
  --seed S        the same seed draws the same orders and faults (default: a new one)
  --json FILE     the counts and recovery times (ms) as JSON
  --state DIR     the system's state directory (default: .payguard)

Exit code: 0 passed, 1 an order was lost, doubled or wrongly credited, or an invariant is broken, 2 wrong options.`;

export const demoCommand: Command = {
  summary: 'play the incident and count what must be zero',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        orders: { type: 'string', default: '1000' },
        lost: { type: 'string' },
        doubled: { type: 'string' },
        tampered: { type: 'string' },
        probed: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'string' },
        state: { type: 'string', default: DEFAULT_STATE_DIR },
      },
    });
    const sizes = readSizes(values);
    const seed = values.seed ?? randomBytes(4).toString('hex');
    const signal = abortOnStopSignal();
    return withSystem(values.state, signal, (run) => play({ run, sizes, seed, signal, json: values.json }));
  },
};

async function play(options: {
  run: RunJson;
  sizes: DemoSizes;
  seed: string;
  signal: AbortSignal;
  json: string | undefined;
}): Promise<number> {
  const { sizes, seed, json } = options;
  console.log(
    `The incident, played again 事故演练: ${sizes.orders} orders, seed ${seed}\n` +
      `  callbacks: ${sizes.lost} % lost, ${sizes.doubled} % doubled, ${sizes.tampered} % forged first, ${sizes.probed} % probed first`,
  );
  const outcome = await runDemo({ ...options, output: process.stdout });
  console.log(`\n${formatVerdict(outcome)}`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(outcome.report, null, 2)}\n`);
  return hasFailed(outcome) ? EXIT_FAILED : EXIT_OK;
}

/** The running system, or one for the time of the work. */
async function withSystem(
  stateDir: string,
  signal: AbortSignal,
  work: (run: RunJson) => Promise<number>,
): Promise<number> {
  const running = findRun(stateDir);
  try {
    if (running !== undefined) return await work(running);
    console.log('No system runs: starting one for the time of the demo.');
    const onProgress = (line: string) => console.log(`  ${line}`);
    const system = await startLocal({ stateDir, ownServers: readOwnServers(process.env), onProgress, signal });
    try {
      return await work(system.run);
    } finally {
      await system.stop();
    }
  } catch (error) {
    throw signal.aborted ? new StartError('aborted', 'The demo was cancelled') : error;
  }
}
