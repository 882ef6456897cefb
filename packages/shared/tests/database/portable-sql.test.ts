import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
/** The shop's own schema: it was there before the rules. */
const SHOP_SCHEMA = '20250701000000_shop_schema';

/** What SQL must not say: the database's clock (time comes from Clock), and what MySQL 8.0.16 does not understand. */
const FORBIDDEN: [name: string, pattern: RegExp][] = [
  ['the database clock', /\b(NOW|SYSDATE|UTC_TIMESTAMP|UTC_DATE|UTC_TIME|CURDATE|CURTIME|UNIX_TIMESTAMP)\s*\(/],
  ['the database clock', /\b(CURRENT_TIMESTAMP|CURRENT_DATE|CURRENT_TIME|LOCALTIMESTAMP|LOCALTIME)\b/],
  ['a value made by the database', /\b(UUID|UUID_SHORT|SYS_GUID|RAND)\s*\(/],
  ['RETURNING', /\bRETURNING\b/],
  ['ADD/DROP … IF [NOT] EXISTS', /\b(ADD|DROP|MODIFY)\s+(COLUMN|INDEX|KEY|CONSTRAINT)\s+IF\b/],
  ['CREATE OR REPLACE TABLE', /\bCREATE\s+OR\s+REPLACE\s+TABLE\b/],
  ['a sequence', /\b(NEXTVAL|CREATE\s+SEQUENCE)\b/],
  ['FOR SYSTEM_TIME', /\bSYSTEM_TIME\b/],
  ['MariaDB types', /\b(UUID|INET4|INET6)\s+(NOT\s+)?NULL\b/],
];

/** Looks like SQL: a string or template that begins with one of its verbs, or goes on with one of its clauses. */
const SQL_TEXT =
  /(['"`])(?:(?!\1)[^\\]|\\.)*?\b(SELECT|INSERT|UPDATE|DELETE|ALTER|CREATE|REPLACE|WHERE|SET)\b(?:(?!\1)[^\\]|\\.)*?\1/g;

async function listFiles(folder: string, suffix: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/node_modules|\/generated\/|\/tests\//.test(path));
}

async function listSources(): Promise<string[]> {
  const groups = await Promise.all(
    ['packages', 'services'].map(async (group) => {
      const names = await readdir(join(ROOT, group));
      return names.map((name) => join(ROOT, group, name, 'src'));
    }),
  );
  return (await Promise.all(groups.flat().map((folder) => listFiles(folder, '.ts')))).flat();
}

function findForbidden(path: string, sql: string): string[] {
  return FORBIDDEN.filter(([, pattern]) => pattern.test(sql)).map(([name]) => `${relative(ROOT, path)}: ${name}`);
}

describe('SQL', () => {
  it('in the sources takes no time from the database and runs on MySQL 8.0.16 as on MariaDB', async () => {
    const paths = await listSources();
    expect(paths.length).toBeGreaterThan(10);
    const found: string[] = [];
    for (const path of paths) {
      const source = await readFile(path, 'utf8');
      for (const [text] of source.matchAll(SQL_TEXT)) found.push(...findForbidden(path, text));
    }
    expect(found).toEqual([]);
  });

  it('in the migrations does so too', async () => {
    const paths = await listFiles(join(ROOT, 'packages/shared/prisma/migrations'), '.sql');
    const own = paths.filter((path) => !path.includes(SHOP_SCHEMA));
    expect(own.length).toBeGreaterThan(1);
    const found = await Promise.all(own.map(async (path) => findForbidden(path, await readFile(path, 'utf8'))));
    expect(found.flat()).toEqual([]);
  });

  it.each([
    "query('SELECT NOW()')",
    'query(`INSERT INTO t (a) VALUES (?) RETURNING id`)',
    'query("UPDATE t SET at = CURRENT_TIMESTAMP")',
    "query('ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT')",
  ])('is caught when somebody writes %s', (source) => {
    const texts = [...source.matchAll(SQL_TEXT)].map(([text]) => text);
    expect(texts.flatMap((text) => findForbidden('x', text))).not.toEqual([]);
  });
});
