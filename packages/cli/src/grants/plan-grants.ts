import type { DatabasePrivileges, TablePrivileges } from './database-privileges.ts';

/** One privilege on a table, or on one of its columns. */
export type Privilege = { table: string; privilege: string; column: string | null };

/** An account, as in 'payguard_points'@'%'. */
export type Account = { name: string; host: string };

/** SQL, with the database's own quotes. */
type Place = { account: Account; database: string };

/**
 * Statements that bring what the account holds in this database to what it should hold; none where it does already.
 * `revokes` false: grants what is missing, and leaves the rest.
 */
export function planGrants(
  place: Place,
  wanted: DatabasePrivileges,
  held: readonly Privilege[],
  { revokes = true }: { revokes?: boolean } = {},
): string[] {
  const tables = new Set([...Object.keys(wanted), ...held.map(({ table }) => table)]);
  return [...tables].flatMap((table) =>
    planTable(
      place,
      table,
      listPrivileges(table, wanted[table] ?? {}),
      held.filter((privilege) => privilege.table === table),
      revokes,
    ),
  );
}

/** Revoked first: a privilege taken from a table is taken from its columns too. */
function planTable(
  place: Place,
  table: string,
  wanted: readonly Privilege[],
  held: readonly Privilege[],
  revokes: boolean,
): string[] {
  const revoked = revokes ? held.filter((privilege) => !isIn(privilege, wanted)) : [];
  const wholeRevoked = new Set(revoked.filter(({ column }) => column === null).map(({ privilege }) => privilege));
  const kept = held.filter((privilege) => !isIn(privilege, revoked) && !wholeRevoked.has(privilege.privilege));
  const granted = wanted.filter((privilege) => !isIn(privilege, kept));
  const on = `ON ${quoteName(place.database)}.${quoteName(table)}`;
  const account = quoteAccount(place.account);
  return [
    ...(revoked.length === 0 ? [] : [`REVOKE ${writePrivileges(revoked)} ${on} FROM ${account}`]),
    ...(granted.length === 0 ? [] : [`GRANT ${writePrivileges(granted)} ${on} TO ${account}`]),
  ];
}

function listPrivileges(table: string, wanted: TablePrivileges): Privilege[] {
  return Object.entries(wanted).flatMap(([name, wantedOn]) => {
    const columns: readonly (string | null)[] = wantedOn === 'all' ? [null] : wantedOn;
    return columns.map((column) => ({ table, privilege: name.toUpperCase(), column }));
  });
}

function isIn(one: Privilege, list: readonly Privilege[]): boolean {
  return list.some(({ privilege, column }) => privilege === one.privilege && column === one.column);
}

/** As in: SELECT, UPDATE (`points`, `updated_at`). */
function writePrivileges(privileges: readonly Privilege[]): string {
  return [...Map.groupBy(privileges, ({ privilege }) => privilege)]
    .map(([name, members]) => {
      // Of the whole table: the columns are in it.
      if (members.some(({ column }) => column === null)) return name;
      return `${name} (${members.map(({ column }) => quoteName(column ?? '')).join(', ')})`;
    })
    .join(', ');
}

export function quoteAccount({ name, host }: Account): string {
  return `'${name}'@'${host}'`;
}

function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
