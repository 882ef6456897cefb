import { parseArgs } from 'node:util';
import { checkInvariants, type InvariantResult, invariantsHold } from '@payguard/shared/database/check-invariants';
import { type Command, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { withDatabase } from '../open-database.ts';

const HELP = `Usage: payguard check-invariants [--database-url URL] [--json]

Asks the database whether payguard's promises hold (ARCHITECTURE.md). Reads only; may be run on a shop that is selling.

  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL)
  --json              the whole result as JSON

Exit code: 0 all hold, 1 one is broken (or the database cannot be asked), 2 wrong options.`;

export const checkInvariantsCommand: Command = {
  summary: 'ask the database whether the invariants hold',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: { 'database-url': { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const results = await withDatabase(values['database-url'], checkInvariants);
    console.log(values.json ? JSON.stringify(results, null, 2) : formatTable(results));
    return invariantsHold(results) ? EXIT_OK : EXIT_FAILED;
  },
};

function formatTable(results: readonly InvariantResult[]): string {
  const broken = results.filter((result) => result.severity === 'broken' && result.violations > 0).length;
  const summary = broken === 0 ? 'All invariants hold.' : `${broken} of the invariants are broken.`;
  return [...results.flatMap(formatResult), summary].join('\n');
}

function formatResult(result: InvariantResult): string[] {
  const verdict = result.violations === 0 ? 'ok' : result.severity;
  const line = `${verdict.padEnd(7)} ${String(result.violations).padStart(7)}  ${result.name.padEnd(36)} ${result.description}`;
  return [line, ...result.examples.map((example) => `${' '.repeat(17)}${JSON.stringify(example)}`)];
}
