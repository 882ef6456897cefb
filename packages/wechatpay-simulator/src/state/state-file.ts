import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { explainStateError, StateFileError } from './state-file-error.ts';

/** Marks the file as a simulator's: "wxps" in ASCII. */
const APPLICATION_ID = 0x77787073;
/** Goes up with every change that an older simulator would misread. */
export const STATE_FORMAT = 1;

/** Each holds JSON by key. */
export const STATE_TABLES = [
  'settings',
  'orders',
  'refunds',
  'notifications',
  'order_faults',
  'refund_faults',
  'fault_records',
] as const;
export type StateTable = (typeof STATE_TABLES)[number];

export interface StateRow {
  readonly table: StateTable;
  readonly key: string;
  readonly value: unknown;
}

/**
 * One SQLite file that anybody can look into. A commit survives the end of the process at any moment, and a power cut
 * with at most the last commits lost (write-ahead log, no fsync for each). It belongs to one process at a time.
 */
export class StateFile {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #puts: ReadonlyMap<StateTable, StatementSync>;

  /** Opens the file, or begins a new one. Throws StateFileError. */
  constructor(path: string) {
    this.#path = path;
    this.#database = this.#explained(() => {
      mkdirSync(dirname(path), { recursive: true });
      return new DatabaseSync(path);
    });
    try {
      this.#explained(() => this.#takePossession());
      this.#puts = this.#explained(
        () => new Map(STATE_TABLES.map((table) => [table, this.#database.prepare(putSql(table))])),
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Hands the values of a table to `take`, one by one, in the order of their first writes. Throws StateFileError. */
  each(table: StateTable, take: (value: unknown, key: string) => void): void {
    this.#explained(() => {
      const rows = this.#database.prepare(`SELECT key, value FROM ${table} ORDER BY place`).iterate();
      for (const { key, value } of rows) takeRow(`${table} ${key}`, () => take(JSON.parse(String(value)), String(key)));
    });
  }

  count(table: StateTable): number {
    return this.#explained(() => {
      const row = this.#database.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get();
      return Number(row?.count);
    });
  }

  /** Writes all of it or nothing; with `emptyFirst` all that was there before is gone. Throws StateFileError. */
  write(rows: Iterable<StateRow>, { emptyFirst }: { readonly emptyFirst: boolean }): void {
    this.#explained(() => {
      this.#database.exec('BEGIN');
      try {
        if (emptyFirst) for (const table of STATE_TABLES) this.#database.exec(`DELETE FROM ${table}`);
        for (const { table, key, value } of rows) this.#puts.get(table)?.run(key, JSON.stringify(value));
        this.#database.exec('COMMIT');
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** May be called twice. */
  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #takePossession(): void {
    const database = this.#database;
    // Without it a second simulator could write into the same file; with it that one is told at its start.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
    if (!isEmpty) this.#check();
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    if (isEmpty) this.#create();
  }

  #check(): void {
    if (this.#pragma('application_id') !== APPLICATION_ID) {
      throw new StateFileError(`${this.#path} is not the state of a simulator; choose another folder.`);
    }
    if (Number(this.#pragma('user_version')) > STATE_FORMAT) {
      throw new StateFileError(
        `${this.#path} was written by a newer simulator; update this one, or choose another folder.`,
      );
    }
    const found = this.#pragma('quick_check');
    if (found !== 'ok') throw new Error(String(found));
  }

  #create(): void {
    const tables = STATE_TABLES.map(
      (table) => `CREATE TABLE ${table} (place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL)`,
    );
    const marks = [`PRAGMA application_id = ${APPLICATION_ID}`, `PRAGMA user_version = ${STATE_FORMAT}`];
    this.#database.exec(['BEGIN', ...tables, ...marks, 'COMMIT'].join(';'));
  }

  #pragma(name: string): unknown {
    return Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  }

  #explained<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explainStateError(this.#path, error);
    }
  }
}

/** A key keeps its first place, so that reading goes in the order of creation. */
function putSql(table: StateTable): string {
  return `INSERT INTO ${table} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
}

function takeRow(name: string, take: () => void): void {
  try {
    take();
  } catch (cause) {
    throw new Error(`${name} cannot be read`, { cause });
  }
}
