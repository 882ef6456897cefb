import { createConnection } from 'mariadb';
import type { DatabaseUser } from './database-user.ts';

/** As long as the pools of the services wait. */
const CONNECT_TIMEOUT_MS = 5_000;
/** "Access denied to database": who hears that has logged in, and holds nothing yet. */
const NO_DATABASE_PRIVILEGE = 1044;

/**
 * Can the user log in with this password on the server of `adminUrl`? One attempt. A password that works is left alone:
 * servers that keep a password history refuse to set it again. False also where this machine may not log in.
 */
export async function loginWorks(adminUrl: string, { account, password }: DatabaseUser): Promise<boolean> {
  const url = new URL(adminUrl);
  try {
    const connection = await createConnection({
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? 3306 : Number(url.port),
      user: account.name,
      password,
      database: decodeURIComponent(url.pathname.slice(1)),
      ssl: url.searchParams.get('ssl') === 'true',
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
    await connection.end();
    return true;
  } catch (error) {
    return error instanceof Error && 'errno' in error && error.errno === NO_DATABASE_PRIVILEGE;
  }
}
