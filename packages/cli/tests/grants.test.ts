import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_PARTS } from '../src/grants/database-privileges.ts';
import { loginWorks } from '../src/grants/login-works.ts';
import { type GrantsWorld, grantsOf, openGrantsWorld, tryStatement } from './grants-world.ts';
import { runPayguard } from './run-payguard.ts';

let world: GrantsWorld;
beforeAll(async () => {
  world = await openGrantsWorld();
});
afterAll(() => world?.close());

const asItShouldBe = () =>
  DATABASE_PARTS.map((part) => `${part}: '${world.nameOf(part)}'@'%' is as it should be.\n`).join('');

describe('payguard grants', () => {
  it('may be run by many at once: one makes the users, the others find them', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => world.grants(...world.users)));
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: '' }));
    expect(runs.filter(({ stdout }) => stdout === asItShouldBe())).toHaveLength(2);
    expect(runs.map(({ stdout }) => stdout).join('')).toContain(`'${world.nameOf('points')}'@'%' was made, granted on`);
  });

  it('says what it did, and never a password', async () => {
    await world.database.pool.query(`DROP USER '${world.nameOf('checkout')}'@'%'`);
    const { code, stdout, stderr } = await world.grants('--json', '--user', `checkout=${world.nameOf('checkout')}`);
    expect(code).toBe(0);
    const { users } = JSON.parse(stdout);
    expect(users).toMatchObject([{ part: 'checkout', login: 'made' }]);
    expect(users[0].statements).toContainEqual(expect.stringMatching(/^GRANT SELECT \(`id`\) ON .*`users` TO/));
    expect(stdout + stderr).not.toContain('secret');
  });

  it('revokes what an earlier release granted, on tables, columns and with grant option, and nothing elsewhere', async () => {
    const { pool } = world.database;
    const user = `'${world.nameOf('reconciler')}'@'%'`;
    for (const sql of [
      `GRANT UPDATE, DELETE ON payment_orders TO ${user}`,
      `GRANT UPDATE (nickname), SELECT ON users TO ${user} WITH GRANT OPTION`,
      `GRANT SELECT ON mysql.plugin TO ${user}`,
    ]) {
      await pool.query(sql);
    }
    const reconciler = world.poolOf('reconciler');
    const lock = 'SELECT id FROM payment_orders FOR UPDATE';
    const change = "UPDATE payment_orders SET payment_status = 'paid'";
    expect(await tryStatement(reconciler, change)).toBe('done');
    const { code, stdout } = await world.grants(...world.users);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${user} was there, granted on 1 tables, revoked on 2.\n`),
    });
    expect(await tryStatement(reconciler, change)).toBe(1143);
    expect(await tryStatement(reconciler, 'SELECT id FROM users')).toBe(1142);
    expect(await tryStatement(reconciler, lock)).toBe('done');
    expect(await tryStatement(reconciler, "UPDATE payment_orders SET updated_at = '2026-01-01'")).toBe('done');
    expect(await tryStatement(reconciler, 'SELECT * FROM mysql.plugin')).toBe('done');
    expect(await world.grants(...world.users)).toMatchObject({ stdout: asItShouldBe() });
  });

  it('revokes nothing while a newer release’s migration is there: its pods still run during a rollback', async () => {
    const { pool } = world.database;
    const name = world.nameOf('checkout');
    await pool.query(`GRANT DELETE ON idempotency_keys TO '${name}'@'%'`);
    await pool.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at)
       VALUES ('newer', 'newer', '29991231000000_newer', '2026-01-01', '2026-01-01')`,
    );
    expect(await world.grants(...world.users)).toMatchObject({ code: 0, stdout: asItShouldBe() });
    await pool.query("DELETE FROM _prisma_migrations WHERE id = 'newer'");
    const { stdout } = await world.grants(...world.users);
    expect(stdout).toContain(`checkout: '${name}'@'%' was there, revoked on 1.\n`);
  });

  it('sets a password that has changed, and leaves one that works', async () => {
    const variables = { ...world.environment, PAYGUARD_PASSWORD_ALERTER: 'another.secret~1' };
    const user = ['--user', `alerter=${world.nameOf('alerter')}`];
    const { stdout } = await runPayguard(['grants', ...user], variables);
    expect(stdout).toBe(`alerter: '${world.nameOf('alerter')}'@'%' has its new password.\n`);
    expect(await tryStatement(world.poolOf('alerter', 'another.secret~1'), 'SELECT 1')).toBe('done');
    await expect(world.poolOf('alerter').query('SELECT 1')).rejects.toThrow();
    await world.grants(...user);
    expect(await tryStatement(world.poolOf('alerter'), 'SELECT 1')).toBe('done');
  });

  it.each([
    ['everything', '*.*'],
    ['the whole database', 'THE_DATABASE'],
  ])('refuses a user who may read %s: it would be somebody else’s', async (_what, where) => {
    const { pool, url } = world.database;
    const name = world.nameOf('operator');
    const place = where === '*.*' ? where : `\`${new URL(url).pathname.slice(1).replaceAll('_', '\\_')}\`.*`;
    await pool.query(`GRANT SELECT ON ${place} TO '${name}'@'%'`);
    const before = await grantsOf(pool, name);
    const variables = { ...world.environment, PAYGUARD_PASSWORD_OPERATOR: 'new' };
    expect(await runPayguard(['grants', ...world.users], variables)).toMatchObject({
      code: 2,
      stdout: `'${name}'@'%' may SELECT on more than single tables: give operator a user that is its own, or revoke that first.\nNothing was changed.\n`,
    });
    expect(await grantsOf(pool, name)).toEqual(before);
    await pool.query(`REVOKE SELECT ON ${place} FROM '${name}'@'%'`);
  });

  it('refuses a user who may do nothing here and has another password, and leaves that', async () => {
    const { pool } = world.database;
    const name = `${world.nameOf('points')}_theirs`;
    await pool.query(`CREATE USER '${name}'@'%' IDENTIFIED BY 'theirs'`);
    expect(await world.grants('--user', `points=${name}`)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining(`'${name}'@'%' is there, may do nothing in `),
    });
    const theirs = { part: 'points', account: { name, host: '%' }, password: 'theirs' } as const;
    expect(await loginWorks(world.database.url, theirs)).toBe(true);
    await pool.query(`DROP USER '${name}'@'%'`);
  });

  it('needs an admin who may, and says what it lacks', async () => {
    const url = new URL(world.database.url);
    url.username = world.nameOf('operator');
    url.password = 'secret-operator';
    const result = await world.grants('--database-url', url.href, '--user', `points=${world.nameOf('points')}x`);
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('needs CREATE USER') });
    expect(result.stderr).not.toContain('secret');
  });

  it('--print shows the statements without a connection and without a password', async () => {
    const user = ['--user', 'checkout=shop-checkout', '--host', '10.1.%'];
    const url = 'mysql://admin@127.0.0.1:1/shop';
    const { code, stdout } = await runPayguard(['grants', '--print', '--database-url', url, ...user], {});
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(
      "CREATE USER IF NOT EXISTS 'shop-checkout'@'10.1.%' IDENTIFIED BY '<PAYGUARD_PASSWORD_CHECKOUT>';",
    );
    expect(lines).toContain("GRANT SELECT (`id`) ON `shop`.`users` TO 'shop-checkout'@'10.1.%';");
    expect(lines.at(-2)).toBe("GRANT SELECT ON `shop`.`_prisma_migrations` TO 'shop-checkout'@'10.1.%';");
  });

  it.each([
    [[], {}, 'No user is named'],
    [['--user', 'gateway=a'], {}, 'part one of points, reconciler, checkout, alerter, operator'],
    [['--user', 'points='], {}, 'gives points the name ""'],
    [['--user', "points=a'b"], {}, 'use 1 to 32 letters'],
    [['--user', 'points=a', '--user', 'points=b'], {}, 'names points twice'],
    [['--user', 'points=a', '--user', 'alerter=a'], {}, 'gives two parts the name a'],
    [['--user', 'points=a', '--host', "'"], {}, "--host ' is no host"],
    [['--user', 'points=a'], { PAYGUARD_PASSWORD_POINTS: '' }, 'PAYGUARD_PASSWORD_POINTS is not set'],
    [['--user', 'points=a'], { PAYGUARD_PASSWORD_POINTS: 'p@ss' }, 'PAYGUARD_PASSWORD_POINTS holds characters'],
    [['--user', 'points=a', '--print'], { DATABASE_URL: '' }, 'No database is named'],
  ])('ends with 2 and one sentence for %j with %j', async (args, variables, words) => {
    const result = await runPayguard(['grants', ...args], { ...world.environment, ...variables });
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
    expect(result.stderr).not.toContain('p@ss');
  });

  it('needs the tables first', async () => {
    const url = new URL(world.database.url);
    url.pathname = '/mysql';
    const result = await world.grants('--database-url', url.href, ...world.users);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('run payguard migrate') });
  });
});
