import { canResume, type HistoryRow } from './migration-history.ts';
import type { Migration } from './read-migrations.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { DatabaseContents } from './shop-schema.ts';

export type MigrationPlan =
  | {
      kind: 'go';
      /** Recorded as applied without running: the shop's own schema. */
      baseline: Migration | null;
      pending: { migration: Migration; unfinished: HistoryRow | null }[];
      /** Applied by a newer release: this older one runs on them. */
      newer: string[];
    }
  | { kind: 'refused'; refusals: Refusal[] };

/** Decides what to apply. A pure function of this release's migrations, the database's history and its contents. */
export function planMigrations(
  migrations: readonly Migration[],
  history: readonly HistoryRow[],
  contents: DatabaseContents,
): MigrationPlan {
  const rows = new Map(history.map((row) => [row.name, row]));
  const known = new Set(migrations.map((migration) => migration.name));
  const refusals = [
    ...migrations.flatMap((migration) => checkApplied(migration, rows.get(migration.name))),
    ...history.filter((row) => !known.has(row.name)).flatMap(checkNewer),
  ];
  const isNew = !migrations.some((migration) => rows.has(migration.name));
  if (isNew && contents.kind === 'refused') refusals.push(...contents.refusals);
  if (refusals.length > 0) return { kind: 'refused', refusals };

  const baseline = isNew && contents.kind === 'shop' ? (migrations[0] ?? null) : null;
  const pending = migrations
    .filter((migration) => migration !== baseline && rows.get(migration.name)?.finished !== true)
    .map((migration) => ({ migration, unfinished: rows.get(migration.name) ?? null }));
  const newer = history.map((row) => row.name).filter((name) => !known.has(name));
  return { kind: 'go', baseline, pending, newer };
}

function checkApplied(migration: Migration, row: HistoryRow | undefined): Refusal[] {
  if (row === undefined) return [];
  if (row.checksum !== migration.checksum) {
    return [
      refusal(
        `Migration ${migration.name} was applied from a different file: use the release that applied it, or a newer.`,
      ),
    ];
  }
  if (row.finished || canResume(row)) return [];
  return [
    refusal(
      `Migration ${migration.name} was left unfinished by Prisma (P3009): ` +
        'repair the database by hand and mark it with prisma migrate resolve, then run again.',
    ),
  ];
}

function checkNewer(row: HistoryRow): Refusal[] {
  if (row.finished) return [];
  return [
    refusal(`Migration ${row.name} of a newer release is unfinished: run payguard migrate of that release to its end.`),
  ];
}
