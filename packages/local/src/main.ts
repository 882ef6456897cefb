import { checkInvariantsCommand } from './commands/check-invariants.ts';
import { demoCommand } from './commands/demo.ts';
import { runLocalCommand } from './commands/run-local-command.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { stopCommand } from './commands/stop.ts';

const exitCode = await runLocalCommand(
  {
    start: startCommand,
    stop: stopCommand,
    status: statusCommand,
    demo: demoCommand,
    'check-invariants': checkInvariantsCommand,
  },
  process.argv.slice(2),
);
// What was given up by its time-out (kafkajs goes on trying for ever) must not keep the process.
process.exit(exitCode);
