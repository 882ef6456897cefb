import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../shared/tests/database/open-test-database.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.drop());

type Result = { code: number; stdout: string; stderr: string };

function payguard(...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, DATABASE_URL: database.url };
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('payguard', () => {
  it('lists its commands, and each says what it takes', async () => {
    await expect(payguard('--help')).resolves.toMatchObject({ code: 0, stdout: expect.stringContaining('migrate') });
    await expect(payguard('migrate', '--help')).resolves.toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--mchid ID'),
    });
  });

  it.each([
    [['repare'], 'There is no command repare'],
    [['migrate', '--colour'], '--colour'],
    [['migrate', '--amount-unit', 'cent'], '--amount-unit cent'],
    [['migrate', '--wait', 'a minute'], '--wait a minute'],
    [['check-invariants', '--database-url', 'postgres://h/d'], 'postgres:'],
  ])('ends with 2 and one sentence for %j', async (args, message) => {
    await expect(payguard(...args)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('ends with 1 and the reason when the database refuses, however long it may wait', async () => {
    const url = new URL(database.url);
    url.username = 'nobody';
    const result = await payguard('migrate', '--wait', '600', '--database-url', url.href);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be reached .*Access denied/) });
    expect(result.stderr).not.toContain('    at ');
  }, 20_000);

  it('migrate --wait waits for a server that comes later', async () => {
    const server = new URL(database.url);
    let refusals = 2;
    const starting = createServer((socket) => {
      if (refusals-- > 0) socket.destroy();
      else socket.pipe(connect(Number(server.port), server.hostname)).pipe(socket);
    });
    starting.listen(0, '127.0.0.1');
    await once(starting, 'listening');
    const url = new URL(database.url);
    url.port = String((starting.address() as AddressInfo).port);
    const migrated = payguard('migrate', '--wait', '15', '--database-url', url.href);
    await expect(migrated).resolves.toMatchObject({ code: 0, stdout: expect.stringContaining('Applied: ') });
    starting.close();
  }, 20_000);

  it('migrates, finds the invariants kept, and ends with 1 once one is broken', async () => {
    await expect(payguard('migrate')).resolves.toMatchObject({ code: 0 });
    await expect(payguard('migrate')).resolves.toMatchObject({ code: 0, stdout: 'The schema is up to date.\n' });
    await expect(payguard('check-invariants')).resolves.toMatchObject({ code: 0 });

    await database.pool.query('INSERT INTO users (id, points) VALUES (1, 5)');
    await database.pool.query("INSERT INTO ledger_baselines VALUES (1, 4, 0, '2025-07-12')");
    await expect(payguard('check-invariants')).resolves.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/broken +1 {2}balance_differs_from_ledger/),
    });
    const json = await payguard('check-invariants', '--json');
    const results: { name: string; violations: number }[] = JSON.parse(json.stdout);
    expect(results.filter((result) => result.violations > 0)).toMatchObject([{ name: 'balance_differs_from_ledger' }]);
  });
});
