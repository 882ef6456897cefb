import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Command, EXIT_OK } from '@payguard/cli/command';
import { DEFAULT_STATE_DIR } from '../servers/default-folders.ts';
import { findOwner, ownStateDir } from '../supervise/own-state-dir.ts';
import { isRunning, signalOne } from '../supervise/process-identity.ts';
import { removeRunFile } from '../system/run-file.ts';

const HELP = `Usage: npm run stop -- [--state DIR]

Stops the system that npm start began: jobs, services, stand-ins, MariaDB and Kafka, in order. Data and keys stay.

  --state DIR  the state directory it runs on (default: .payguard)

Exit code: 0 it is stopped (or was not running), 1 it did not stop.`;

/** Jobs and up to eight programs, each up to 10 s, then two servers at once; all in all it takes two seconds. */
const STOP_TIMEOUT_MS = 120_000;
const POLL_MS = 50;

export const stopCommand: Command = {
  summary: 'stop what npm start began',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({ args, options: { state: { type: 'string', default: DEFAULT_STATE_DIR } } });
    const stateDir = resolve(values.state);
    const owner = findOwner(stateDir);
    if (owner === undefined) {
      await endOrphans(stateDir);
      return EXIT_OK;
    }
    const startedAt = performance.now();
    signalOne(owner.pid, 'SIGTERM');
    while (isRunning(owner)) {
      if (performance.now() - startedAt > STOP_TIMEOUT_MS) {
        throw new Error(
          `Process ${owner.pid} did not stop in ${STOP_TIMEOUT_MS / 1000} s: end it with kill -9 ${owner.pid}.`,
        );
      }
      await wait(POLL_MS);
    }
    console.log(`Stopped (pid ${owner.pid}) in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
    return EXIT_OK;
  },
};

/** A killed owner leaves its children running: becoming the owner for a moment ends them. */
async function endOrphans(stateDir: string): Promise<void> {
  const orphans: string[] = [];
  if (existsSync(join(stateDir, 'owner.json'))) {
    const owner = await ownStateDir({ stateDir, onProgress: (line) => orphans.push(line) });
    removeRunFile(stateDir);
    owner.release();
  }
  console.log([...orphans, `Nothing runs on ${stateDir}${orphans.length > 0 ? ' any more' : ''}.`].join('\n'));
}
