/** A CHECK constraint said no. MySQL 3819 and MariaDB 4025 carry the general SQLSTATE HY000 or 23000. */
const CHECK_VIOLATED = new Set([3819, 4025]);

/**
 * True when the database refused the data itself: too long, out of range, duplicate, NULL, CHECK (SQLSTATE class 22 or
 * 23). Only these are the event's own fault; the same data is refused again however often it is tried.
 */
export function isDataError(error: unknown): boolean {
  const found = findDatabaseError(error);
  if (found === null) return false;
  return CHECK_VIOLATED.has(found.errno) || /^2[23]/.test(found.sqlState);
}

/**
 * True for everything the database (or the way to it) throws that is not a data error: deadlock, lock time-out, lost or
 * refused connection, shutdown, read-only fail-over, too many connections, and whatever is not known. A payment is never
 * given up for a reason that may pass. False for data errors and for errors that no database threw (a bug of ours).
 */
export function isRetriableDatabaseError(error: unknown): boolean {
  return findDatabaseError(error) !== null && !isDataError(error);
}

/** Deadlock and lock wait time-out. */
const CONTENTION = new Set([1213, 1205]);

/** True when somebody else was in the way: the database is well, and busy. */
export function isContentionError(error: unknown): boolean {
  const number = databaseErrorNumber(error);
  return number !== null && CONTENTION.has(number);
}

/** The server's (or driver's) error number, or null when no database threw this. */
export function databaseErrorNumber(error: unknown): number | null {
  return findDatabaseError(error)?.errno ?? null;
}

type DatabaseError = { errno: number; sqlState: string };

/** An error's causes are followed at most this deep: longer chains are cycles. */
const MAX_CAUSE_DEPTH = 5;

function findDatabaseError(error: unknown, depth = 0): DatabaseError | null {
  if (typeof error !== 'object' || error === null || depth > MAX_CAUSE_DEPTH) return null;
  return readDriverError(error) ?? readPrismaError(error) ?? readSocketError(error) ?? findInCause(error, depth);
}

function readDriverError(error: object): DatabaseError | null {
  if (!('sqlState' in error) || !('errno' in error) || typeof error.errno !== 'number') return null;
  return { errno: error.errno, sqlState: typeof error.sqlState === 'string' ? error.sqlState : '' };
}

/** Node's own network errors, as they come before a connection exists. */
function readSocketError(error: object): DatabaseError | null {
  if (!('syscall' in error) || !('code' in error) || typeof error.code !== 'string') return null;
  return { errno: -1, sqlState: '08S01' };
}

/** Codes of Prisma's own for data that the database refused: length, unique, foreign key, constraint, null, range. */
const PRISMA_DATA_ERRORS = new Set(['P2000', 'P2002', 'P2003', 'P2004', 'P2011', 'P2020']);

/** Prisma hides the driver's error in meta.driverAdapterError.cause (number and, for unmapped ones, state). */
function readPrismaError(error: object): DatabaseError | null {
  if (!('code' in error) || typeof error.code !== 'string' || !/^P\d{4}$/.test(error.code)) return null;
  const cause = readObject(readObject(readObject(error, 'meta'), 'driverAdapterError'), 'cause');
  const errno = Number(readString(cause, 'originalCode') ?? -1);
  const state = readString(cause, 'state') ?? (PRISMA_DATA_ERRORS.has(error.code) ? '23000' : '');
  return { errno, sqlState: state };
}

function findInCause(error: object, depth: number): DatabaseError | null {
  return 'cause' in error ? findDatabaseError(error.cause, depth + 1) : null;
}

function readObject(value: object | null, key: string): object | null {
  const found = value === null ? undefined : Reflect.get(value, key);
  return typeof found === 'object' && found !== null ? found : null;
}

function readString(value: object | null, key: string): string | null {
  const found = value === null ? undefined : Reflect.get(value, key);
  return typeof found === 'string' ? found : null;
}
