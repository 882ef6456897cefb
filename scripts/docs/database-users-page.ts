import {
  DATABASE_PARTS,
  privilegesOf,
  type TablePrivileges,
} from '../../packages/cli/src/grants/database-privileges.ts';

/** The sections of docs/database-users.md: what each part's user holds, as `payguard grants` gives it. */
export function databaseUserSections(): string[] {
  const tables = DATABASE_PARTS.map((part) => {
    const rows = Object.entries(privilegesOf(part)).map(
      ([table, privileges]) => `| \`${table}\` | ${describe(privileges)} |`,
    );
    return `## ${part}\n\n| Table | Privileges |\n| --- | --- |\n${rows.join('\n')}`;
  });
  return [HOW, WHY, ...tables];
}

const HOW = `## How they are made

\`\`\`sh
export DATABASE_URL="mysql://admin:…@db.shop.internal:3306/payguard?ssl=true"
export PAYGUARD_PASSWORD_POINTS=… PAYGUARD_PASSWORD_RECONCILER=… PAYGUARD_PASSWORD_CHECKOUT=… PAYGUARD_PASSWORD_ALERTER=…
payguard grants --user points=payguard_points --user reconciler=payguard_reconciler \\
  --user checkout=payguard_checkout --user alerter=payguard_alerter
\`\`\`

The admin needs CREATE USER, GRANT OPTION on the database, and SELECT on \`mysql.*\` to see what users hold. Run it after
each \`payguard migrate\`: it grants what is missing, revokes what the part does not need (nothing while a newer release's
migration is there: its pods run on during a rollback), and gives the password again where it does not work. Only users that
are named, and only this database, are touched; one who may do more on the whole database or server is somebody else's, and
refused. \`--print\` shows the statements for somebody who may run them. The chart's migrate Job does all this by itself;
\`npm start\` does too, so that whatever runs there proves that these privileges suffice.`;

const WHY = `## What for

A hole in one part, or a mistake in it, must not become money: points alone writes order status, ledger and balances, the
alerter alone mismatches, and no user here can change or remove a ledger row, a baseline or an entry of the audit log. The
\`operator\` is for people who run payguard commands: what they do leaves a trace that they cannot remove.

Some privileges are wider than the statements: MySQL lets only those lock an order's row who may update something of it
(\`updated_at\`, by which nothing is decided), and MariaDB wants UPDATE of every column that an
\`INSERT … ON DUPLICATE KEY UPDATE\` inserts.`;

function describe(privileges: TablePrivileges): string {
  return Object.entries(privileges)
    .map(([verb, columns]) => {
      const on = columns === 'all' ? '' : ` (${columns.map((column: string) => `\`${column}\``).join(', ')})`;
      return `${verb.toUpperCase()}${on}`;
    })
    .join(', ');
}
