import { BadInput, type Command, EXIT_BAD_INPUT, EXIT_FAILED, EXIT_OK } from './command.ts';
import { alerterCommand } from './commands/alerter.ts';
import { apiKeyCommand } from './commands/api-key.ts';
import { auditCommand } from './commands/audit.ts';
import { checkInvariantsCommand } from './commands/check-invariants.ts';
import { dlqCommand } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { grantsCommand } from './commands/grants.ts';
import { migrateCommand } from './commands/migrate.ts';
import { mismatchCommand } from './commands/mismatch.ts';
import { probeCommand } from './commands/probe.ts';
import { repairCommand } from './commands/repair.ts';
import { reviewCommand } from './commands/review.ts';
import { smokeCommand } from './commands/smoke.ts';
import { topicsCommand } from './commands/topics.ts';

const COMMANDS = new Map<string, Command>([
  ['migrate', migrateCommand],
  ['grants', grantsCommand],
  ['topics', topicsCommand],
  ['dlq', dlqCommand],
  ['check-invariants', checkInvariantsCommand],
  ['doctor', doctorCommand],
  ['probe', probeCommand],
  ['smoke', smokeCommand],
  ['repair', repairCommand],
  ['review', reviewCommand],
  ['mismatch', mismatchCommand],
  ['alerter', alerterCommand],
  ['audit', auditCommand],
  ['api-key', apiKeyCommand],
]);

/** Runs `payguard <command> …` and returns the exit code. Never throws. */
export async function runCommand([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    console.log(listCommands());
    return name === undefined ? EXIT_BAD_INPUT : EXIT_OK;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) {
    console.error(`There is no command ${name}: payguard --help lists them.`);
    return EXIT_BAD_INPUT;
  }
  if (args.includes('--help')) {
    console.log(command.help);
    return EXIT_OK;
  }
  return runSafely(name, command, args);
}

async function runSafely(name: string, command: Command, args: string[]): Promise<number> {
  try {
    return await command.run(args);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof BadInput || isParseArgsError(error)) {
      console.error(`${message}\npayguard ${name} --help says what it takes.`);
      return EXIT_BAD_INPUT;
    }
    console.error(message);
    return EXIT_FAILED;
  }
}

/** node:util parseArgs says well enough itself what is wrong. */
function isParseArgsError(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function listCommands(): string {
  const names = [...COMMANDS].map(([name, command]) => `  ${name.padEnd(18)} ${command.summary}`);
  return ['Usage: payguard <command> [options]', '', ...names, '', 'payguard <command> --help tells more.'].join('\n');
}
