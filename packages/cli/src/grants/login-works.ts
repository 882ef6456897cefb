import { CONNECT_TIMEOUT_MS, parseDatabaseUrl } from '@payguard/shared/database/connection-pool';
import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import { createConnection } from 'mariadb';
import type { DatabaseUser } from './database-user.ts';

/** "Access denied to database": who hears that has logged in, and holds nothing yet. */
const NO_DATABASE_PRIVILEGE = 1044;

/**
 * Can the user log in with this password on the server of `adminUrl`? One attempt. A password that works is left alone:
 * servers that keep a password history refuse to set it again. False also where this machine may not log in.
 */
export async function loginWorks(adminUrl: string, { account, password }: DatabaseUser): Promise<boolean> {
  try {
    const connection = await createConnection({
      ...parseDatabaseUrl(adminUrl),
      user: account.name,
      password,
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
    await connection.end();
    return true;
  } catch (error) {
    return databaseErrorNumber(error) === NO_DATABASE_PRIVILEGE;
  }
}
