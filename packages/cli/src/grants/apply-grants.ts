import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { withMigrationLock } from '@payguard/shared/database/migration-lock';
import { isSchemaNewer } from '@payguard/shared/database/required-schema';
import { privilegesOf } from './database-privileges.ts';
import { type DatabaseUser, passwordVariable } from './database-user.ts';
import { loginWorks } from './login-works.ts';
import { planGrants, quoteAccount } from './plan-grants.ts';
import { type Held, readHeld } from './read-held.ts';

/** Of a user's wider privileges, to know it by. */
const MOST_NAMED = 4;

/** `password`: the user was there, and its password did not work. */
export type Login = 'made' | 'password' | 'kept';
/** Statements hold no password. */
export type UserReport = { part: string; user: string; login: Login; statements: string[] };
type Target = { adminUrl: string; database: string; revokes: boolean };
/** `refused`: nothing at all was changed. */
export type GrantsOutcome = { outcome: 'applied'; users: UserReport[] } | { outcome: 'refused'; reasons: string[] };

/** All as the database's `SHOW GRANTS` would say it, for somebody else to run. */
export function printGrants(users: readonly Omit<DatabaseUser, 'password'>[], database: string): string[] {
  return users.flatMap(({ part, account }) => [
    `${createUser(quoteAccount(account))} '<${passwordVariable(part)}>'`,
    ...planGrants({ account, database }, privilegesOf(part), []),
  ]);
}

/**
 * Makes the users, sets passwords that do not work, and brings what each holds in the database of `adminUrl` to what its
 * part needs: grants what is missing, and revokes the rest unless a newer release has migrated the database, whose pods still
 * run while a rollback replaces them. Safe to run twice and by many at once. Other users, and what
 * these hold in other databases, stay as they are. Throws one sentence, without a password, when the server refuses.
 */
export async function applyGrants(
  pool: DatabasePool,
  adminUrl: string,
  users: readonly DatabaseUser[],
): Promise<GrantsOutcome> {
  const connection = await pool.getConnection();
  try {
    return await withMigrationLock(connection, async () => {
      const database = await readDatabase(connection);
      const reasons = await findRefusals(connection, adminUrl, users, database);
      if (reasons.length > 0) return { outcome: 'refused', reasons };
      const reports: UserReport[] = [];
      const target = { adminUrl, database, revokes: !(await isSchemaNewer(connection)) };
      for (const user of users) reports.push(await applyUser(connection, user, target));
      return { outcome: 'applied', users: reports };
    });
  } finally {
    await connection.release();
  }
}

async function readDatabase(connection: DatabaseConnection): Promise<string> {
  const rows: { name: string }[] = await connection.query('SELECT DATABASE() AS name');
  return rows[0]?.name ?? '';
}

/** Somebody's own user would lose its password, and the shop's user its privileges here. */
async function findRefusals(
  connection: DatabaseConnection,
  adminUrl: string,
  users: readonly DatabaseUser[],
  database: string,
): Promise<string[]> {
  const reasons: string[] = [];
  for (const user of users) {
    const { part, account } = user;
    const { exists, privileges, wider } = await readHeld(connection, account, database);
    if (exists && privileges.length + wider.length === 0 && !(await loginWorks(adminUrl, user))) {
      reasons.push(
        `${quoteAccount(account)} is there, may do nothing in ${database}, and has another password: give ${part} a user that is its own, or drop that one first.`,
      );
    }
    if (wider.length === 0) continue;
    const some = wider.length > MOST_NAMED ? [...wider.slice(0, MOST_NAMED), '…'] : wider;
    reasons.push(
      `${quoteAccount(account)} may ${some.join(', ')} on more than single tables: give ${part} a user that is its own, or revoke that first.`,
    );
  }
  return reasons;
}

async function applyUser(connection: DatabaseConnection, user: DatabaseUser, target: Target): Promise<UserReport> {
  const { part, account } = user;
  const held = await readHeld(connection, account, target.database);
  const login = await applyLogin(connection, target.adminUrl, user, held.exists);
  const statements = planFor(user, target, held);
  for (const statement of statements) await execute(connection, statement);
  if (statements.length > 0) await requireSeen(connection, user, target);
  return { part, user: quoteAccount(account), login, statements };
}

function planFor({ part, account }: DatabaseUser, { database, revokes }: Target, { privileges }: Held): string[] {
  return planGrants({ account, database }, privilegesOf(part), privileges, { revokes });
}

async function applyLogin(
  connection: DatabaseConnection,
  adminUrl: string,
  user: DatabaseUser,
  exists: boolean,
): Promise<Login> {
  const account = quoteAccount(user.account);
  if (!exists) {
    await execute(connection, `${createUser(account)} ?`, [user.password]);
    return 'made';
  }
  if (await loginWorks(adminUrl, user)) return 'kept';
  await execute(connection, `ALTER USER ${account} IDENTIFIED BY ?`, [user.password]);
  return 'password';
}

function createUser(account: string): string {
  return `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY`;
}

/** Otherwise a later release's narrower grants would never be found to be narrower. */
async function requireSeen(connection: DatabaseConnection, user: DatabaseUser, target: Target): Promise<void> {
  const held = await readHeld(connection, user.account, target.database);
  if (planFor(user, target, held).length === 0) return;
  throw new Error(
    `What ${quoteAccount(user.account)} holds cannot be seen: give the user of --database-url SELECT on mysql.*, then run again.`,
  );
}

/** The driver's own errors carry the statement with its values: they are not passed on. */
async function execute(connection: DatabaseConnection, statement: string, values: string[] = []): Promise<void> {
  try {
    await connection.query(statement, values);
  } catch (error) {
    const reason = error instanceof Error && 'sqlMessage' in error ? error.sqlMessage : 'no answer';
    const [verb = ''] = statement.split(' ', 1);
    throw new Error(
      `The database refused ${verb} (${String(reason)}): the user of --database-url needs CREATE USER and GRANT OPTION; payguard grants --print shows the statements for somebody who has them.`,
    );
  }
}
