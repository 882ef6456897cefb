import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { databaseErrorNumber, isDataError, isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import { createPrismaClient } from '@payguard/shared/database/prisma-client';
import { inTransaction } from '@payguard/shared/database/transaction';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from './open-test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await database.pool.query(
    `CREATE TABLE samples (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, big BIGINT NULL, at DATETIME(3) NULL,
       word VARCHAR(4) NULL UNIQUE, small INT NULL, CONSTRAINT small_is_positive CHECK (small > 0))`,
  );
});
afterAll(() => database.drop());

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('it was expected to fail'),
    (error: unknown) => error,
  );
}

describe('createDatabasePool', () => {
  it('lets a transaction see what others have committed since it began (READ COMMITTED)', async () => {
    await inTransaction(database.pool, async (connection) => {
      await connection.query('SELECT COUNT(*) FROM samples');
      await database.pool.query("INSERT INTO samples (word) VALUES ('late')");
      await expect(connection.query("SELECT word FROM samples WHERE word = 'late'")).resolves.toHaveLength(1);
    });
  });

  it('round-trips a Date as the same instant, with its milliseconds', async () => {
    const at = new Date(Date.UTC(2025, 6, 11, 16, 57, 19, 123));
    const { insertId } = await database.pool.query<{ insertId: number }>('INSERT INTO samples (at) VALUES (?)', [at]);
    const rows = await database.pool.query<{ at: Date; text: string }[]>(
      'SELECT at, CAST(at AS CHAR) AS text FROM samples WHERE id = ?',
      [insertId],
    );
    expect(rows[0]).toEqual({ at, text: '2025-07-11 16:57:19.123' });
  });

  it('gives BIGINT as number, and an error rather than a rounded one', async () => {
    await expect(database.pool.query('SELECT CAST(9007199254740991 AS SIGNED) AS n')).resolves.toMatchObject([
      { n: Number.MAX_SAFE_INTEGER },
    ]);
    await expect(database.pool.query('SELECT CAST(9007199254740993 AS SIGNED) AS n')).rejects.toThrow();
  });

  it.each([
    ['not a url', 'cannot be read'],
    ['postgres://u:p@h/d', 'begins with postgres:'],
    ['mysql://u:p@h', 'names no database'],
    ['mysql://u:p@h/d?connection_limit=3', 'unknown parameter "connection_limit"'],
    ['mysql://u:p@h/d?ssl=perhaps', 'ssl=perhaps'],
  ])('refuses %s in one sentence', (url, part) => {
    expect(() => createDatabasePool({ url })).toThrow(part);
  });

  it('asks for TLS when the URL says ssl=true', async () => {
    const pool = createDatabasePool({ url: `${database.url}?ssl=true`, connectionLimit: 1, acquireTimeoutMs: 500 });
    const error = await failureOf(pool.query('SELECT 1'));
    // The tests' server has no TLS: that it is refused for this reason shows that it was asked for.
    expect(error).toMatchObject({ cause: { message: expect.stringMatching(/ssl|tls|certificate/i) } });
    await pool.end();
  });
});

describe('inTransaction', () => {
  it('leaves nothing behind when the work throws', async () => {
    await failureOf(
      inTransaction(database.pool, async (connection) => {
        await connection.query("INSERT INTO samples (word) VALUES ('gone')");
        throw new Error('changed my mind');
      }),
    );
    await expect(database.pool.query("SELECT id FROM samples WHERE word = 'gone'")).resolves.toEqual([]);
  });
});

describe('database errors', () => {
  it.each([
    ['too long', "INSERT INTO samples (word) VALUES ('longer')"],
    ['a duplicate', "INSERT INTO samples (word) VALUES ('twin'), ('twin')"],
    ['out of range', 'INSERT INTO samples (small) VALUES (99999999999)'],
    ['against a CHECK', 'INSERT INTO samples (small) VALUES (-1)'],
  ])('are the fault of the data when it is %s', async (_what, sql) => {
    const error = await failureOf(database.pool.query(sql));
    expect([isDataError(error), isRetriableDatabaseError(error)]).toEqual([true, false]);
  });

  it('are retriable when nobody listens', async () => {
    const pool = createDatabasePool({ url: 'mysql://u:p@127.0.0.1:1/d', connectionLimit: 1, acquireTimeoutMs: 500 });
    const error = await failureOf(pool.query('SELECT 1'));
    expect([isDataError(error), isRetriableDatabaseError(error)]).toEqual([false, true]);
    await pool.end();
  });

  it('are retriable when the connection is killed under a statement', async () => {
    const connection = await database.pool.getConnection();
    const sleeping = failureOf(connection.query('SELECT SLEEP(20)'));
    await database.pool.query('KILL ?', [connection.threadId]);
    const error = await sleeping;
    expect([isDataError(error), isRetriableDatabaseError(error)]).toEqual([false, true]);
    connection.destroy();
  });

  it('are retriable for the loser of a deadlock', async () => {
    await database.pool.query('INSERT INTO samples (id, big) VALUES (1001, 0), (1002, 0)');
    const raise = (first: number, second: number, ready: () => Promise<void>) =>
      inTransaction(database.pool, async (connection) => {
        await connection.query('UPDATE samples SET big = 1 WHERE id = ?', [first]);
        await ready();
        await connection.query('UPDATE samples SET big = 1 WHERE id = ?', [second]);
      });
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    const meet = (): Promise<void> => {
      waiting += 1;
      if (waiting === 2) both.resolve();
      return both.promise;
    };
    const results = await Promise.allSettled([raise(1001, 1002, meet), raise(1002, 1001, meet)]);
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(databaseErrorNumber(failed[0]?.reason)).toBe(1213);
    expect(isRetriableDatabaseError(failed[0]?.reason)).toBe(true);
  });

  it('are not database errors when our own code threw them', () => {
    expect(isRetriableDatabaseError(new TypeError('x is undefined'))).toBe(false);
    expect(isDataError(new TypeError('x is undefined'))).toBe(false);
  });
});

describe('createPrismaClient', () => {
  it('round-trips dates and BIGINTs, and its errors are told apart', async () => {
    await database.pool.query(
      `CREATE TABLE ledger_baselines (user_id BIGINT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL,
         last_ledger_id BIGINT NOT NULL, taken_at DATETIME(3) NOT NULL)`,
    );
    const { prisma, close } = createPrismaClient({ url: database.url, connectionLimit: 2 });
    const row = { userId: 7n, balance: 9007199254740991n, lastLedgerId: 3n, takenAt: new Date(1752253039123) };
    await prisma.ledgerBaseline.create({ data: row });
    await expect(prisma.ledgerBaseline.findUnique({ where: { userId: 7n } })).resolves.toEqual(row);
    const raw = await database.pool.query<{ taken_at: Date }[]>('SELECT taken_at FROM ledger_baselines');
    expect(raw[0]?.taken_at).toEqual(row.takenAt);

    const duplicate = await failureOf(prisma.ledgerBaseline.create({ data: row }));
    expect([isDataError(duplicate), isRetriableDatabaseError(duplicate)]).toEqual([true, false]);
    const noTable = await failureOf(prisma.user.count());
    expect([isDataError(noTable), isRetriableDatabaseError(noTable)]).toEqual([false, true]);
    await close();
    await close();
  });
});
