import { BadInput, type Command, EXIT_BAD_INPUT, EXIT_FAILED, EXIT_OK } from '@payguard/cli/command';
import { ConfigError } from '@payguard/shared/config/config-error';
import { StartError, type StartErrorCode } from '../supervise/start-error.ts';
import { EXIT_INTERRUPTED } from './stop-signals.ts';

/** Trying again may help with these; with all others something has to be changed first. */
const FAILURES: ReadonlySet<StartErrorCode> = new Set(['download_failed', 'server_died', 'server_not_ready']);

/** Runs one of the commands and returns the exit code. Never throws; a refusal is one sentence on stderr. */
export async function runLocalCommand(
  commands: Readonly<Record<string, Command>>,
  [name, ...args]: readonly string[],
): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    console.log(listCommands(commands));
    return name === undefined ? EXIT_BAD_INPUT : EXIT_OK;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    console.error(`There is no command ${name}: there are ${Object.keys(commands).join(', ')}.`);
    return EXIT_BAD_INPUT;
  }
  if (args.includes('--help')) {
    console.log(command.help);
    return EXIT_OK;
  }
  try {
    return await command.run(args);
  } catch (error) {
    console.error(explain(error));
    return exitCodeOf(error);
  }
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isUsageError(error) ? `${message.replace(/[^.]$/, '$&.')} --help says what the command takes.` : message;
}

function exitCodeOf(error: unknown): number {
  if (isUsageError(error) || error instanceof ConfigError) return EXIT_BAD_INPUT;
  if (!(error instanceof StartError)) return EXIT_FAILED;
  if (error.code === 'aborted') return EXIT_INTERRUPTED;
  return FAILURES.has(error.code) ? EXIT_FAILED : EXIT_BAD_INPUT;
}

/** BadInput, or what node:util parseArgs says, which is clear enough. */
function isUsageError(error: unknown): boolean {
  if (error instanceof BadInput) return true;
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function listCommands(commands: Readonly<Record<string, Command>>): string {
  return Object.entries(commands)
    .map(([name, command]) => `  ${name.padEnd(18)} ${command.summary}`)
    .join('\n');
}
