import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { type Account, type Privilege, quoteAccount } from './plan-grants.ts';

/** What an account is and may do now. */
export type Held = {
  exists: boolean;
  /** On single tables and columns of this database. */
  privileges: Privilege[];
  /** On more than single tables: everything, or the whole of this database. Never payguard's doing. */
  wider: string[];
};

type Row = { privilege: string; grantable: string };
type TableRow = Row & { name: string; col: string | null };

/**
 * Reads an account's privileges. Who may not read the system database sees none of others: apply-grants looks again
 * afterwards whether it sees what it has granted.
 */
export async function readHeld(connection: DatabaseConnection, account: Account, database: string): Promise<Held> {
  const grantee = quoteAccount(account);
  const everywhere: Row[] = await connection.query(
    `SELECT PRIVILEGE_TYPE AS privilege, IS_GRANTABLE AS grantable FROM information_schema.USER_PRIVILEGES
      WHERE GRANTEE = ?`,
    [grantee],
  );
  const onDatabase: Row[] = await connection.query(
    `SELECT PRIVILEGE_TYPE AS privilege, IS_GRANTABLE AS grantable FROM information_schema.SCHEMA_PRIVILEGES
      WHERE GRANTEE = ? AND REPLACE(TABLE_SCHEMA, ?, '') = ?`,
    [grantee, '\\', database],
  );
  const onTables: TableRow[] = await connection.query(
    `SELECT TABLE_NAME AS name, NULL AS col, PRIVILEGE_TYPE AS privilege, IS_GRANTABLE AS grantable
       FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA = ?
     UNION ALL
     SELECT TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE, IS_GRANTABLE
       FROM information_schema.COLUMN_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA = ?`,
    [grantee, database, grantee, database],
  );
  return {
    exists: everywhere.length > 0,
    privileges: [...onTables.filter(isSome).map(toPrivilege), ...grantOptions(onTables)],
    wider: [...everywhere, ...onDatabase].filter(isSome).map(({ privilege }) => privilege),
  };
}

/** USAGE says that there are none. */
function isSome({ privilege }: Row): boolean {
  return privilege !== 'USAGE';
}

function toPrivilege({ name, col, privilege }: TableRow): Privilege {
  return { table: name, privilege, column: col };
}

/** To be allowed to hand privileges on is a privilege too, of the table. */
function grantOptions(rows: readonly TableRow[]): Privilege[] {
  const tables = new Set(rows.filter(({ grantable }) => grantable === 'YES').map(({ name }) => name));
  return [...tables].map((table) => ({ table, privilege: 'GRANT OPTION', column: null }));
}
