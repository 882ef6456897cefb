import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyGrants } from '@payguard/cli/grants/apply-grants';
import type { DatabaseUser } from '@payguard/cli/grants/database-user';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { z } from 'zod';

const passwordsSchema = z.object({
  points: z.string().min(1),
  reconciler: z.string().min(1),
  checkout: z.string().min(1),
  alerter: z.string().min(1),
});

type Part = keyof z.output<typeof passwordsSchema>;

/** The address by which each part reaches the database. */
export type DatabaseUrls = Record<Part, string>;

/** With a server of one's own: whoever runs it has chosen the user. */
export function oneUserForAll(url: string): DatabaseUrls {
  return forEachPart(() => url);
}

/**
 * Makes a user for each part, with the privileges that the chart gives it, so that what runs here proves them. Their
 * passwords are made once and lie under `<stateDir>/database`, mode 0600. Needs the schema.
 */
export async function prepareUsers(adminUrl: string, stateDir: string): Promise<DatabaseUrls> {
  const passwords = readPasswords(stateDir);
  const users = forEachPart((part) => userOf(part, passwords[part]));
  const pool = createDatabasePool({ url: adminUrl, connectionLimit: 1 });
  try {
    const outcome = await applyGrants(pool, adminUrl, Object.values(users));
    if (outcome.outcome === 'refused') throw new Error(outcome.reasons.join('\n'));
  } finally {
    await pool.end();
  }
  return forEachPart((part) => urlOf(adminUrl, users[part]));
}

function forEachPart<T>(make: (part: Part) => T): Record<Part, T> {
  return {
    points: make('points'),
    reconciler: make('reconciler'),
    checkout: make('checkout'),
    alerter: make('alerter'),
  };
}

/** Made anew where the file is gone or cannot be read: the users' passwords follow it. */
function readPasswords(stateDir: string): Record<Part, string> {
  const folder = join(stateDir, 'database');
  const file = join(folder, 'passwords.json');
  const known = readPasswordsFile(file);
  if (known !== undefined) return known;
  const made = forEachPart(() => randomBytes(24).toString('hex'));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  return made;
}

function readPasswordsFile(file: string): Record<Part, string> | undefined {
  try {
    return passwordsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function userOf(part: Part, password: string): DatabaseUser {
  return { part, account: { name: `payguard_${part}`, host: '%' }, password };
}

function urlOf(adminUrl: string, { account, password }: DatabaseUser): string {
  const url = new URL(adminUrl);
  url.username = account.name;
  url.password = password;
  return url.href;
}
