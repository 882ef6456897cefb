import { createHash } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { DatabasePool } from './connection-pool.ts';
import { databaseErrorNumber } from './database-error.ts';
import { utcText } from './multi-row.ts';

/** What a person did: who, what to what, why, and how it was before and after (anything JSON can hold). */
export type AuditEntry = {
  /** At most 128 characters. */
  actor: string;
  /** `repair.order`, `review.credit`, …; at most 64 characters. */
  action: string;
  /** `mchid:out_trade_no`, `batch:7`, …; at most 160 characters. */
  subject: string;
  /** At most 500 characters. */
  reason: string;
  before: unknown;
  after: unknown;
};

export type AuditRow = {
  id: number;
  /** 'YYYY-MM-DD HH:MM:SS.mmm' in UTC. */
  at: string;
  actor: string;
  action: string;
  subject: string;
  reason: string;
  /** JSON. */
  before_state: string | null;
  after_state: string | null;
  previous_hash: string;
  hash: string;
};

export type AuditVerdict =
  /** `lastHash` noted elsewhere proves later that no row was taken off the end, which the chain itself cannot show. */
  { outcome: 'intact'; rows: number; lastHash: string } | { outcome: 'broken'; id: number; reason: string };

/** What the first row follows. */
export const GENESIS_HASH = '0'.repeat(64);

/** "Duplicate entry", in MySQL and MariaDB. */
const DUPLICATE = 1062;
/** Each time somebody else was faster, and has ended; more writers at one moment than this there are not. */
const MAX_ATTEMPTS = 100;
/** Rows held in memory at once. */
const PAGE_ROWS = 1_000;

const COLUMNS = 'id, at, actor, action, subject, reason, before_state, after_state, previous_hash, hash';

/**
 * Adds a row to the chain and answers its hash. Two at the same moment read the same last row, and the unique key on
 * previous_hash lets only one follow it; the other reads again. Throws when a text is longer than its column.
 */
export async function appendAudit(
  database: Pick<DatabasePool, 'query'>,
  clock: Clock,
  entry: AuditEntry,
): Promise<string> {
  const row = {
    at: utcText(clock.now()) ?? '',
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject,
    reason: entry.reason,
    before_state: toJson(entry.before),
    after_state: toJson(entry.after),
  };
  for (let attempt = 1; ; attempt += 1) {
    const previous_hash = await readLastHash(database);
    const hash = hashOf({ ...row, previous_hash });
    try {
      await database.query(
        `INSERT INTO audit_log (at, actor, action, subject, reason, before_state, after_state, previous_hash, hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [...Object.values(row), previous_hash, hash],
      );
      return hash;
    } catch (error) {
      if (databaseErrorNumber(error) !== DUPLICATE || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Walks the chain from its first row and names the first that does not fit. Reads all rows, page by page. */
export async function verifyAudit(database: Pick<DatabasePool, 'query'>): Promise<AuditVerdict> {
  let lastHash = GENESIS_HASH;
  let lastId = 0;
  let rows = 0;
  for (;;) {
    const page = await readPage(database, lastId);
    for (const row of page) {
      const reason = whyBroken(row, lastHash);
      if (reason !== null) return { outcome: 'broken', id: row.id, reason };
      lastHash = row.hash;
      lastId = row.id;
    }
    rows += page.length;
    if (page.length < PAGE_ROWS) return { outcome: 'intact', rows, lastHash };
  }
}

/** The newest rows, newest first; of one subject, where it is given. */
export async function listAudit(
  database: Pick<DatabasePool, 'query'>,
  options: { subject: string | null; limit: number },
): Promise<AuditRow[]> {
  const { subject, limit } = options;
  return database.query(
    {
      sql: `SELECT ${COLUMNS} FROM audit_log ${subject === null ? '' : 'WHERE subject = ?'} ORDER BY id DESC LIMIT ?`,
      dateStrings: true,
    },
    subject === null ? [limit] : [subject, limit],
  );
}

async function readLastHash(database: Pick<DatabasePool, 'query'>): Promise<string> {
  const rows: { hash: string }[] = await database.query('SELECT hash FROM audit_log ORDER BY id DESC LIMIT 1');
  return rows[0]?.hash ?? GENESIS_HASH;
}

function readPage(database: Pick<DatabasePool, 'query'>, afterId: number): Promise<AuditRow[]> {
  const sql = `SELECT ${COLUMNS} FROM audit_log WHERE id > ? ORDER BY id LIMIT ?`;
  return database.query({ sql, dateStrings: true }, [afterId, PAGE_ROWS]);
}

function whyBroken(row: AuditRow, lastHash: string): string | null {
  if (row.previous_hash !== lastHash) return 'a row before it was removed or added';
  return row.hash === hashOf(row) ? null : 'it was changed after it was written';
}

/** SHA-256 over the row's fields, as JSON in this order, and the hash before it. */
function hashOf(row: Omit<AuditRow, 'id' | 'hash'>): string {
  const { previous_hash, at, actor, action, subject, reason, before_state, after_state } = row;
  const fields = [previous_hash, at, actor, action, subject, reason, before_state, after_state];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

function toJson(state: unknown): string | null {
  return state === null || state === undefined ? null : JSON.stringify(state);
}
