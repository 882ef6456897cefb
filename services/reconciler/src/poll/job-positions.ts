import type { DatabasePool } from '@payguard/shared/database/connection-pool';

/** How far a walk over a table by its key has come; 0 before the first. */
export async function readPosition(pool: DatabasePool, name: string): Promise<number> {
  const rows: { position: number }[] = await pool.query('SELECT position FROM job_positions WHERE name = ?', [name]);
  return rows[0]?.position ?? 0;
}

export async function writePosition(pool: DatabasePool, name: string, position: number): Promise<void> {
  await pool.query(
    'INSERT INTO job_positions (name, position) VALUES (?, ?) ON DUPLICATE KEY UPDATE position = VALUES(position)',
    [name, position],
  );
}
