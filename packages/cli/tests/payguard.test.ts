import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const name = `payguard_cli_${randomBytes(6).toString('hex')}`;

const serverUrl = new URL(inject('databaseUrl') ?? process.env.DATABASE_URL ?? '');
serverUrl.pathname = '/mysql';
const databaseUrl = new URL(serverUrl);
databaseUrl.pathname = `/${name}`;

const server = createDatabasePool({ url: serverUrl.href, connectionLimit: 1 });
beforeAll(() => server.query(`CREATE DATABASE ${name}`));
afterAll(async () => {
  await server.query(`DROP DATABASE ${name}`);
  await server.end();
});

type Result = { code: number; stdout: string; stderr: string };

function payguard(...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, DATABASE_URL: databaseUrl.href };
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
    [['check-invariants', '--database-url', 'postgres://h/d'], 'postgres:'],
  ])('ends with 2 and one sentence for %j', async (args, message) => {
    await expect(payguard(...args)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('ends with 1 and the reason when the database cannot be reached', async () => {
    const url = `${serverUrl.protocol}//u:p@${serverUrl.host}/${name}`;
    const result = await payguard('check-invariants', '--database-url', url);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be reached .*Access denied/) });
    expect(result.stderr).not.toContain('    at ');
  }, 20_000);

  it('migrates, finds the invariants kept, and ends with 1 once one is broken', async () => {
    await expect(payguard('migrate')).resolves.toMatchObject({ code: 0, stdout: expect.stringContaining('Applied: ') });
    await expect(payguard('migrate')).resolves.toMatchObject({ code: 0, stdout: 'The schema is up to date.\n' });
    await expect(payguard('check-invariants')).resolves.toMatchObject({ code: 0 });

    await server.query(`INSERT INTO ${name}.users (points) VALUES (5)`);
    await expect(payguard('check-invariants')).resolves.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/broken +1 {2}balance_differs_from_ledger/),
    });
    const json = await payguard('check-invariants', '--json');
    const results: { name: string; violations: number }[] = JSON.parse(json.stdout);
    expect(results.filter((result) => result.violations > 0)).toMatchObject([{ name: 'balance_differs_from_ledger' }]);
  });
});
