import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Migration = {
  name: string;
  /** SHA-256 of the file's bytes in hex, as Prisma computes it. */
  checksum: string;
  statements: string[];
};

/** Where the migrations lie when this file runs from its source; a bundle is told another place. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** The migrations of this release in the order of their names: Prisma's layout, `<time>_<name>/migration.sql`. */
export async function readMigrations(folder: string = MIGRATIONS_FOLDER): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => readMigration(folder, name)));
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const bytes = await readFile(join(folder, name, 'migration.sql'));
  const checksum = createHash('sha256').update(bytes).digest('hex');
  return { name, checksum, statements: splitStatements(bytes.toString('utf8')) };
}

/**
 * One statement at a time, so that each can be recorded. A statement ends at a semicolon at the end of a line; a comment
 * is a line that begins with two dashes. Our migrations keep to that (no stored procedures, no text over several lines).
 */
export function splitStatements(sql: string): string[] {
  const withoutComments = sql.replace(/^\s*--.*$/gm, '');
  return withoutComments
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
