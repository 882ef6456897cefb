import { createDatabasePool } from '@payguard/shared/database/connection-pool';

/** The same at each run: a test that is repeated for months leaves one user behind. */
const NICKNAME = 'payguard smoke test';
const FIRST_USER = 1;

/** The user who gets the points: made once in the database, or the shop's first one where no database is given. */
export async function findUser(databaseUrl: string | undefined): Promise<number> {
  if (databaseUrl === undefined) return FIRST_USER;
  const pool = createDatabasePool({ url: databaseUrl, connectionLimit: 1 });
  try {
    const users: { id: number }[] = await pool.query('SELECT id FROM users WHERE nickname = ? ORDER BY id LIMIT 1', [
      NICKNAME,
    ]);
    if (users[0] !== undefined) return users[0].id;
    const made: { insertId: number } = await pool.query('INSERT INTO users (nickname, points) VALUES (?, 0)', [
      NICKNAME,
    ]);
    return made.insertId;
  } finally {
    await pool.end();
  }
}
