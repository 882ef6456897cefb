import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DatabasePart, privilegesOf } from '../src/grants/database-privileges.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const SHARED = join(REPOSITORY, 'packages/shared/src');
const MODELS = readFileSync(join(REPOSITORY, 'packages/shared/prisma/schema.prisma'), 'utf8');
const TABLES = new Set([...MODELS.matchAll(/@@map\("(\w+)"\)/g)].map(([, table]) => table));

/** Those that the services' own code runs as; a person's tools are proved by their tests. */
const SERVICES = ['points', 'reconciler', 'checkout', 'alerter'] as const satisfies DatabasePart[];

/** Every file of a service, and what it takes from shared for more than its types. */
function sourcesOf(service: string): string[] {
  const files = globSync(join(REPOSITORY, 'services', service, 'src/**/*.ts'));
  const seen = new Set<string>();
  for (let next = files.pop(); next !== undefined; next = files.pop()) {
    if (seen.has(next) || next.includes('/generated/')) continue;
    seen.add(next);
    const imports = readFileSync(next, 'utf8').matchAll(/^import (?!type)[^;]*? from '([^']+)';/gms);
    for (const [, specifier = ''] of imports) files.push(...locate(specifier, next));
  }
  return [...seen].map((file) => readFileSync(file, 'utf8'));
}

function locate(specifier: string, from: string): string[] {
  if (specifier.startsWith('.')) return [resolve(dirname(from), specifier)];
  const shared = '@payguard/shared/';
  return specifier.startsWith(shared) ? [join(SHARED, `${specifier.slice(shared.length)}.ts`)] : [];
}

/** `SELECT users`, `UPDATE users` and so on, as the statements in the source say it. */
function usesOf(service: string): Set<string> {
  const text = sourcesOf(service).join('\n');
  const find = (verb: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].flatMap(([, table = '']) => (TABLES.has(table) ? `${verb} ${table}` : []));
  return new Set([
    ...find('SELECT', /(?<!DELETE )(?:FROM|JOIN) (\w+)/g),
    ...find('INSERT', /INSERT INTO (\w+)/g),
    ...find('UPDATE', /UPDATE (\w+)\b/g),
    ...find('UPDATE', /UPDATE JSON_TABLE[^`]*?JOIN (\w+)/g),
    // Of the same statement, also where its end is given apart.
    ...find('UPDATE', /INSERT INTO (\w+)(?:(?!INSERT INTO)[^;])*?ON DUPLICATE KEY UPDATE/g),
    ...find('DELETE', /DELETE FROM (\w+)/g),
  ]);
}

/** What no statement says, and yet needs. */
const UNSAID: Record<(typeof SERVICES)[number], string[]> = {
  points: [],
  // To lock an order; to find, or to add to, what stands in a row.
  reconciler: ['UPDATE payment_orders', 'SELECT job_runs', 'SELECT job_totals', 'SELECT job_gauges'],
  // To lock an order.
  checkout: ['UPDATE payment_orders'],
  // Its ON DUPLICATE KEY UPDATE is handed on as a value.
  alerter: ['UPDATE mismatches'],
};
/** Read by all, through code that the CLI also writes it with. */
const SCHEMA = 'SELECT _prisma_migrations';

describe.each(SERVICES)('the privileges of %s', (service) => {
  const granted = Object.entries(privilegesOf(service)).flatMap(([table, verbs]) =>
    Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${table}`),
  );
  const used = usesOf(service);

  it('are enough for every statement in its source', () => {
    expect([...used].filter((use) => !granted.includes(use))).toEqual([]);
  });

  it('are no more than its statements need', () => {
    expect(granted.filter((privilege) => !used.has(privilege)).sort()).toEqual([...UNSAID[service], SCHEMA].sort());
  });
});
