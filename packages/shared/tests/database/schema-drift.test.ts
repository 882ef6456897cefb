import { readFile } from 'node:fs/promises';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from './open-test-database.ts';

const SCHEMA = new URL('../../prisma/schema.prisma', import.meta.url);

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: testClock, legacy: DEFAULT_LEGACY_OPTIONS });
});
afterAll(() => database.drop());

type Table = { columns: Record<string, string>; indexes: Record<string, string> };

/** What Prisma's types are in MySQL without @db; our strings all carry one. */
const PLAIN_TYPES: Record<string, string> = { BigInt: 'bigint', Int: 'int' };

/** Models of schema.prisma as tables. Prisma's own parser needs an engine; the file's lines are regular enough. */
function readModels(schema: string): Record<string, Table> {
  const tables: Record<string, Table> = {};
  for (const [, body = ''] of schema.matchAll(/^model \w+ \{\n([\s\S]*?)\n\}/gm)) {
    const lines = body.split('\n').map((line) => line.trim());
    const fields = lines.filter((line) => /^\w/.test(line));
    const columnOf = new Map(fields.map((line) => [line.split(/\s+/)[0] ?? '', readMap(line)]));
    const name = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
    tables[name] = {
      columns: Object.fromEntries(fields.map((line) => [readMap(line), readType(line)])),
      indexes: Object.fromEntries(lines.flatMap((line) => readIndex(line, columnOf))),
    };
  }
  return tables;
}

function readMap(line: string): string {
  return /@map\("(\w+)"\)/.exec(line)?.[1] ?? line.split(/\s+/)[0] ?? '';
}

function readType(line: string): string {
  const [, type = ''] = line.split(/\s+/);
  const native = /@db\.(\w+(?:\(\d+\))?)/.exec(line)?.[1]?.toLowerCase().replace('(0)', '');
  const bare = type.replace('?', '');
  return `${native ?? PLAIN_TYPES[bare] ?? bare} ${type.endsWith('?') ? 'null' : 'not null'}`;
}

function readIndex(line: string, columnOf: Map<string, string>): [string, string][] {
  const block = /^@@(unique|index|id)\(\[([^\]]+)\](?:, map: "(\w+)")?\)/.exec(line);
  if (block !== null) {
    const [, kind = '', fields = '', map] = block;
    const columns = fields.split(',').map((field) => columnOf.get(field.trim()));
    return [[map ?? 'PRIMARY', `${kind === 'index' ? 'index' : 'unique'} (${columns.join(', ')})`]];
  }
  if (/\s@id\b/.test(line)) return [['PRIMARY', `unique (${readMap(line)})`]];
  const unique = /@unique\(map: "(\w+)"\)/.exec(line);
  return unique === null ? [] : [[unique[1] ?? '', `unique (${readMap(line)})`]];
}

async function readDatabase(): Promise<Record<string, Table>> {
  const columns = await database.pool.query<{ t: string; c: string; type: string; n: string }[]>(
    `SELECT table_name AS t, column_name AS c, column_type AS type, is_nullable AS n FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name <> '_prisma_migrations' ORDER BY ordinal_position`,
  );
  const indexes = await database.pool.query<{ t: string; i: string; plain: number; cs: string }[]>(
    `SELECT table_name AS t, index_name AS i, non_unique AS plain,
            GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', ') AS cs
       FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name <> '_prisma_migrations'
      GROUP BY table_name, index_name, non_unique`,
  );
  const tables: Record<string, Table> = {};
  for (const { t, c, type, n } of columns) {
    tables[t] ??= { columns: {}, indexes: {} };
    // MariaDB shows a display width that MySQL 8 no longer has.
    tables[t].columns[c] = `${type.replace(/^(bigint|int)\(\d+\)/, '$1')} ${n === 'YES' ? 'null' : 'not null'}`;
  }
  for (const { t, i, plain, cs } of indexes) {
    const table = tables[t];
    if (table !== undefined) table.indexes[i] = `${Number(plain) === 1 ? 'index' : 'unique'} (${cs})`;
  }
  return tables;
}

describe('schema.prisma', () => {
  it('says of each table, column, type, nullability and index what the migrated database says', async () => {
    const models = readModels(await readFile(SCHEMA, 'utf8'));
    expect(Object.keys(models).length).toBeGreaterThan(8);
    expect(models).toEqual(await readDatabase());
  });
});
