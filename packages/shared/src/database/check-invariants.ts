import type { DatabasePool } from './connection-pool.ts';
import { INVARIANT_QUERIES, type InvariantQuery } from './invariant-queries.ts';

export type InvariantResult = Omit<InvariantQuery, 'sql'> & {
  violations: number;
  /** The first few rows that break it, as the query names their columns. */
  examples: Record<string, unknown>[];
};

/** Enough to see what kind of thing it is; the query itself finds the rest. */
const MAX_EXAMPLES = 10;

/**
 * Asks the database whether the invariants hold. Reads only, and takes no locks: each question sees the database at one
 * moment, so it may be asked of a shop that is selling. Reads whole tables.
 */
export async function checkInvariants(pool: DatabasePool): Promise<InvariantResult[]> {
  const results: InvariantResult[] = [];
  // One after the other: the answer may take its time, the shop's own queries may not.
  for (const query of INVARIANT_QUERIES) results.push(await checkInvariant(pool, query));
  return results;
}

/** True when none is broken; notes do not count. */
export function invariantsHold(results: readonly InvariantResult[]): boolean {
  return results.every((result) => result.severity === 'note' || result.violations === 0);
}

async function checkInvariant(pool: DatabasePool, query: InvariantQuery): Promise<InvariantResult> {
  const { sql, ...about } = query;
  const counted = await pool.query<{ violations: number }[]>(`SELECT COUNT(*) AS violations FROM (${sql}) AS broken`);
  const violations = Number(counted[0]?.violations ?? 0);
  const examples =
    violations === 0
      ? []
      : await pool.query<Record<string, unknown>[]>(`SELECT * FROM (${sql}) AS broken LIMIT ${MAX_EXAMPLES}`);
  return { ...about, violations, examples: [...examples] };
}
