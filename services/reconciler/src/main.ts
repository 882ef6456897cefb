import { createLogger } from '@payguard/shared/telemetry/logger';
import { parseCommandLine } from './command-line.ts';
import { loadConfig } from './config.ts';
import { startPoll } from './poll/start-poll.ts';
import { runJob } from './run-job.ts';

const commandLine = parseCommandLine(process.argv.slice(2));
switch (commandLine.kind) {
  case 'help':
    process.stdout.write(`${commandLine.text}\n`);
    break;
  case 'mistake':
    process.stderr.write(`${commandLine.message}\n`);
    process.exitCode = 2;
    break;
  case 'run':
    await runJob((stop) => {
      const config = loadConfig();
      return startPoll(config, createLogger('reconciler', config.LOG_LEVEL), commandLine.command.end, stop);
    });
}
