import { parseArgs } from 'node:util';
import { requireSchema } from '@payguard/shared/database/required-schema';
import { BadInput, type Command, EXIT_BAD_INPUT, EXIT_OK } from '../command.ts';
import { applyGrants, type GrantsOutcome, printGrants, type UserReport } from '../grants/apply-grants.ts';
import { DATABASE_PARTS } from '../grants/database-privileges.ts';
import { parseAccounts, passwordVariable, readPasswords } from '../grants/database-user.ts';
import { withDatabase } from '../open-database.ts';

const HELP = `Usage: payguard grants --user PART=NAME … [--database-url URL] [options]

Makes a database user for each part that is named, with what the part needs in the database and nothing more: grants what
is missing, revokes the rest (nothing during a rollback, when a newer release has migrated the database), and gives the
password again where it does not work. Touches no other user. Needs the tables (payguard migrate). May be run twice, and
by many at once.

  --user PART=NAME    a part (${DATABASE_PARTS.join(', ')}) and its user; give it once for each part
  --host HOST         from where they may log in (default: %, anywhere)
  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL), of a user who has CREATE USER,
                      GRANT OPTION on the database and SELECT on mysql.*
  --print             print all statements, for somebody else to run, and change nothing
  --json              the outcome as JSON

Passwords are read from ${DATABASE_PARTS.map(passwordVariable).join(', ')}; they are never printed.
Exit code: 0 done, 1 the database failed, 2 wrong options or refused, and nothing changed.`;

export const grantsCommand: Command = {
  summary: 'make the database users of the parts, with least privileges',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        user: { type: 'string', multiple: true, default: [] },
        host: { type: 'string', default: '%' },
        'database-url': { type: 'string' },
        print: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const accounts = parseAccounts(values.user, values.host);
    const url = values['database-url'] ?? process.env.DATABASE_URL;
    if (values.print)
      return print(
        [...accounts].map(([part, account]) => ({ part, account })),
        url,
        values.json,
      );
    const users = readPasswords(accounts, process.env);
    const outcome = await withDatabase(url, async (pool) => {
      const schema = await requireSchema(pool);
      if (!schema.ready) throw new Error(schema.reason);
      return applyGrants(pool, url ?? '', users);
    });
    console.log(values.json ? JSON.stringify(outcome, null, 2) : describe(outcome).join('\n'));
    return outcome.outcome === 'refused' ? EXIT_BAD_INPUT : EXIT_OK;
  },
};

function print(users: Parameters<typeof printGrants>[0], url: string | undefined, asJson: boolean): number {
  const statements = printGrants(users, databaseOf(url));
  console.log(asJson ? JSON.stringify(statements, null, 2) : statements.map((statement) => `${statement};`).join('\n'));
  return EXIT_OK;
}

/** Only the name is needed: nothing is connected to. */
function databaseOf(url: string | undefined): string {
  const database = url !== undefined && URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : '';
  if (database !== '') return database;
  throw new BadInput('No database is named: give --database-url mysql://host:3306/database.');
}

function describe(outcome: GrantsOutcome): string[] {
  if (outcome.outcome === 'refused') return [...outcome.reasons, 'Nothing was changed.'];
  return outcome.users.map((report) => `${report.part}: ${report.user} ${describeUser(report)}.`);
}

const LOGIN = { made: 'was made', password: 'has its new password', kept: 'was there' } as const;

function describeUser({ login, statements }: UserReport): string {
  if (login === 'kept' && statements.length === 0) return 'is as it should be';
  const revoked = statements.filter((statement) => statement.startsWith('REVOKE')).length;
  const granted = statements.length - revoked;
  return [
    LOGIN[login],
    ...(granted === 0 ? [] : [`granted on ${granted} tables`]),
    ...(revoked === 0 ? [] : [`revoked on ${revoked}`]),
  ].join(', ');
}
