import { parseArgs } from 'node:util';
import { type AuditRow, listAudit, verifyAudit } from '@payguard/shared/database/audit-log';
import { BadInput, type Command, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { formatTable } from '../format-table.ts';
import { withDatabase } from '../open-database.ts';

const DEFAULT_LIMIT = 50;
/** Bounds the memory; nobody reads more. */
const MAX_LIMIT = 10_000;

const HELP = `Usage: payguard audit list [--subject MCHID:ORDER] [--limit ${DEFAULT_LIMIT}] [--json]
       payguard audit verify [--json]

What people did: repairs, verdicts on held payments, keys. Each row's hash covers the row and the hash before it.

  list    the newest first
  verify  walks the chain and names the first row that was changed, added or removed. Rows taken off the end do not show:
          note the last hash that it prints somewhere else

  --subject TEXT      of one order (1900000001:ORDER) or batch (batch:7) only
  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL)

Exit code: 0 done, 1 the chain is broken or the database failed, 2 wrong options.`;

export const auditCommand: Command = {
  summary: 'list what people did, and verify that the list is whole',
  help: HELP,
  run: async ([name, ...args]) => {
    if (name === 'list') return runList(args);
    if (name === 'verify') return runVerify(args);
    throw new BadInput(`payguard audit ${name ?? 'alone'} means nothing: write audit list or audit verify.`);
  },
};

async function runList(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      subject: { type: 'string' },
      limit: { type: 'string', default: String(DEFAULT_LIMIT) },
      json: { type: 'boolean', default: false },
      'database-url': { type: 'string' },
    },
  });
  const limit = readLimit(values.limit);
  const rows = await withDatabase(values['database-url'], (pool) =>
    listAudit(pool, { subject: values.subject ?? null, limit }),
  );
  if (values.json) console.log(JSON.stringify(rows.map(toJson), null, 2));
  else console.log(rows.length === 0 ? 'Nothing was done by hand.' : formatTable(rows.map(toCells)).join('\n'));
  return EXIT_OK;
}

async function runVerify(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false }, 'database-url': { type: 'string' } },
  });
  const verdict = await withDatabase(values['database-url'], verifyAudit);
  if (values.json) console.log(JSON.stringify(verdict, null, 2));
  else if (verdict.outcome === 'intact') console.log(`${verdict.rows} rows, intact; last hash ${verdict.lastHash}`);
  else console.log(`Row ${verdict.id} does not fit: ${verdict.reason}.`);
  return verdict.outcome === 'intact' ? EXIT_OK : EXIT_FAILED;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new BadInput(`--limit ${text} cannot be used: give a whole number from 1 to ${MAX_LIMIT}.`);
}

function toCells({ id, at, actor, action, subject, reason }: AuditRow): string[] {
  return [String(id), `${at}Z`, actor, action, subject, reason];
}

function toJson({ before_state, after_state, ...row }: AuditRow) {
  return { ...row, before: parse(before_state), after: parse(after_state) };
}

function parse(state: string | null): unknown {
  return state === null ? null : JSON.parse(state);
}
