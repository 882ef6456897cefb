import { parseArgs } from 'node:util';
import { type Command, EXIT_FAILED, EXIT_OK } from '@payguard/cli/command';
import { DEFAULT_STATE_DIR } from '../servers/default-folders.ts';
import { findOwner } from '../supervise/own-state-dir.ts';
import { findRun } from '../system/run-file.ts';
import { hasJobFailed, jobRows } from './format-jobs.ts';
import { inspectSystem, type PartStatus, readNumbers } from './inspect-system.ts';

const HELP = `Usage: npm run status -- [--state DIR]

Shows the parts of the running system and whether each is ready, the jobs of the timetable, and what waits.

  --state DIR  the state directory it runs on (default: .payguard)

Exit code: 0 all are ready and the last run of each job succeeded, 1 otherwise, or nothing runs.`;

export const statusCommand: Command = {
  summary: 'show what runs',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({ args, options: { state: { type: 'string', default: DEFAULT_STATE_DIR } } });
    const run = findRun(values.state);
    if (run === undefined) {
      const owner = findOwner(values.state);
      console.log(
        owner === undefined
          ? `Nothing runs on ${values.state}: npm start starts it.`
          : `The system on ${values.state} (pid ${owner.pid}) is starting or stopping, or runs its servers alone.`,
      );
      return EXIT_FAILED;
    }
    const parts = await inspectSystem(run);
    console.log(formatTable(partRows(parts)));
    console.log(`\n${formatTable(jobRows(run.jobs, Date.now()))}`);
    console.log(`\n${await readNumbers(run)}`);
    return parts.every((part) => part.isReady) && !run.jobs.some(hasJobFailed) ? EXIT_OK : EXIT_FAILED;
  },
};

function partRows(parts: readonly PartStatus[]): string[][] {
  return [
    ['part', 'pid', 'state', 'restarts', 'address'],
    ...parts.map((part) => [
      part.name,
      part.pid === null ? '-' : String(part.pid),
      part.isReady ? 'ready' : 'NOT READY',
      String(part.restarts),
      part.address,
    ]),
  ];
}

/** Columns that line up. */
function formatTable(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
