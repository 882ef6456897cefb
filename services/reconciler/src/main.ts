import { createLogger } from '@payguard/shared/telemetry/logger';
import { runTraced } from '@payguard/shared/telemetry/start-tracing';
import { type PollCommand, type ProbeCommand, parseCommandLine } from './command-line.ts';
import { loadConfig, loadProbeConfig } from './config.ts';
import { startPoll } from './poll/start-poll.ts';
import { startProbe } from './probe/start-probe.ts';
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
    await runJob((stop) => start(commandLine.command, stop));
}

function start(command: PollCommand | ProbeCommand, stop: AbortSignal): Promise<number> {
  switch (command.job) {
    case 'poll': {
      const config = loadConfig();
      const log = createLogger('reconciler', config.LOG_LEVEL);
      return runTraced('reconciler', config, log, () => startPoll(config, log, command.end, stop));
    }
    case 'probe': {
      const config = loadProbeConfig();
      return startProbe(config, createLogger('reconciler', config.LOG_LEVEL), stop);
    }
  }
}
