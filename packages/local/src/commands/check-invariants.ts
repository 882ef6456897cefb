import { parseArgs } from 'node:util';
import { BadInput, type Command } from '@payguard/cli/command';
import { checkInvariantsCommand as checkDatabase } from '@payguard/cli/commands/check-invariants';
import { DEFAULT_STATE_DIR } from '../servers/default-folders.ts';
import { findRun } from '../system/run-file.ts';

const HELP = `Usage: npm run check-invariants -- [--database-url URL] [--state DIR] [--json]

Asks a database whether payguard's promises hold (ARCHITECTURE.md). Reads only; may be run on a shop that is selling.

  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL, else the running system's)
  --state DIR         the running system's state directory (default: .payguard)
  --json              the whole result as JSON

Exit code: 0 all hold, 1 one is broken (or the database cannot be asked), 2 no database is named.`;

export const checkInvariantsCommand: Command = {
  summary: 'ask the database whether the invariants hold',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        'database-url': { type: 'string' },
        state: { type: 'string', default: DEFAULT_STATE_DIR },
        json: { type: 'boolean', default: false },
      },
    });
    const url = values['database-url'] ?? (process.env.DATABASE_URL || findRun(values.state)?.database.url);
    if (url === undefined) {
      throw new BadInput('No database is named and nothing runs here: give --database-url, or run npm start first.');
    }
    return checkDatabase.run(['--database-url', url, ...(values.json ? ['--json'] : [])]);
  },
};
