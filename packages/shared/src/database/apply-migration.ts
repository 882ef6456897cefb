import type { Clock } from '../clock/clock.ts';
import type { DatabaseConnection } from './connection-pool.ts';
import { databaseErrorNumber } from './database-error.ts';
import { type HistoryRow, recordFailure, recordFinish, recordStart, recordStep } from './migration-history.ts';
import type { Migration } from './read-migrations.ts';

/** What the runner has just done, for progress lines. A listener that throws stops the run there, as a kill would. */
export type MigrationStep =
  | { step: 'started'; migration: string }
  | { step: 'executed' | 'recorded'; migration: string; statement: number; of: number }
  | { step: 'finished'; migration: string };

/**
 * "It exists already": table 1050, column 1060, index 1061, foreign key or CHECK 1826, CHECK (MySQL) 3822.
 * Nothing to drop is 1091. Each statement is atomic, so existing means that the killed run had executed it.
 */
const ALREADY_DONE = new Set([1050, 1060, 1061, 1091, 1826, 3822]);

/** A statement that the database refused. The message is one sentence with what to do. */
export class MigrationFailed extends Error {
  override name = 'MigrationFailed';
}

/**
 * Applies one migration statement by statement, recording each in `applied_steps_count`. Given the unfinished row of a
 * killed run, goes on from its count; only the first statement then may find its work done.
 */
export async function applyMigration(
  connection: DatabaseConnection,
  clock: Clock,
  migration: Migration,
  unfinished: HistoryRow | null,
  onStep: (step: MigrationStep) => void,
): Promise<void> {
  const id = unfinished?.id ?? (await recordStart(connection, clock, migration));
  const first = unfinished?.steps ?? 0;
  onStep({ step: 'started', migration: migration.name });
  for (const [index, statement] of migration.statements.entries()) {
    if (index < first) continue;
    const mayBeDone = unfinished !== null && index === first;
    const position = { migration: migration.name, statement: index + 1, of: migration.statements.length };
    await executeStatement(connection, id, statement, mayBeDone, position);
    onStep({ step: 'executed', ...position });
    await recordStep(connection, id, index + 1);
    onStep({ step: 'recorded', ...position });
  }
  await recordFinish(connection, clock, id);
  onStep({ step: 'finished', migration: migration.name });
}

async function executeStatement(
  connection: DatabaseConnection,
  id: string,
  statement: string,
  mayBeDone: boolean,
  position: { migration: string; statement: number; of: number },
): Promise<void> {
  try {
    await connection.query(statement);
  } catch (error) {
    const errorNumber = databaseErrorNumber(error);
    if (mayBeDone && errorNumber !== null && ALREADY_DONE.has(errorNumber)) return;
    const reason = readReason(error);
    // The connection may be gone: the row then keeps its first mark, which says the same.
    await recordFailure(connection, id, `statement ${position.statement}: ${reason}`).catch(() => undefined);
    throw new MigrationFailed(
      `Migration ${position.migration} stopped at statement ${position.statement} of ${position.of} (${reason}): ` +
        'remove the cause and run payguard migrate again, it goes on from there.',
      { cause: error },
    );
  }
}

function readReason(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'sqlMessage' in error && typeof error.sqlMessage === 'string') {
    return error.sqlMessage;
  }
  return error instanceof Error ? error.message : String(error);
}
