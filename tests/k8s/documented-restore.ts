import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import type { Payments } from './documented-payments.ts';
import { type DocumentedWorld, must } from './documented-world.ts';
import { type Outside, secretValue } from './outside.ts';
import { runProgram } from './run-program.ts';

const CREDITED_WITHIN_MS = 120_000;
/** As far as a backup has them: what a table's engine counts would be an estimate. */
const COUNTED = ['payment_orders', 'users', 'point_transactions', 'payment_evidence'];

/** Whether the database's own client is on this machine: MySQL's would do, under another name. */
export async function hasDatabaseClient(world: DocumentedWorld): Promise<boolean> {
  const { code } = await runProgram('bash', ['-c', 'command -v mariadb-dump mariadb'], {
    env: world.release.cluster.env,
  });
  return code === 0;
}

/**
 * Section 3, into a database of another name on the same server. An order that is paid after the backup is open in it, and is
 * credited again by the poll; answers its number. Leaves the release on the restored database.
 */
export async function tryRestore(world: DocumentedWorld, outside: Outside, payments: Payments): Promise<string> {
  const url = new URL(outside.target.database.url);
  const from = url.pathname.slice(1);
  const to = `${from}_restored`;
  const variables = { DB_NAME: from, RESTORE_NAME: to };
  await writeClientFiles(world, url);
  await dropEarlier(url, to);
  const outTradeNo = await payments.makeOrder();
  const before = await countRows(url, from);
  await world.block('backup', () => `${describe(before)} in the dump`, { variables });
  await payments.pay(outTradeNo);
  const firstMs = await payments.untilCredited(outTradeNo, CREDITED_WITHIN_MS);

  await world.block('stop-writers', async () => {
    const running = (
      await Promise.all(['points', 'alerter', 'checkout'].map((part) => world.release.pods(part)))
    ).flat();
    must(running.length === 0, `${running.length} pods still write`);
    return `no pod of points, alerter, checkout is left; an order paid after the backup was credited after ${firstMs} ms`;
  });
  await world.block(
    'restore',
    async () => {
      const restored = await countRows(url, to);
      must(
        describe(restored) === describe(before),
        `${describe(restored)} were restored, ${describe(before)} were saved`,
      );
      return `${describe(restored)}, as when it was saved`;
    },
    { variables },
  );
  const values = join(world.keep, 'restored.json');
  await writeFile(values, JSON.stringify({ database: { name: to } }));
  await world.block('start-writers', () => 'every pod is ready on the restored database', {
    variables: { VALUES: `${world.release.values},${values}` },
  });
  return outTradeNo;
}

/** Once the restored database is the release's: `payments` look into it. */
export async function tryAfterRestore(world: DocumentedWorld, payments: Payments, paidLater: string): Promise<void> {
  const ms = await payments.untilCredited(paidLater, CREDITED_WITHIN_MS);
  await world.block('operator-pod', () => 'its pod is ready, made anew');
  const said = `no promise is broken; the order paid after the backup was credited again after ${ms} ms`;
  // In dev doctor complains of the notify URL.
  await world.block('after-restore', () => said, { mayEndWith: 1 });
}

/** Of an earlier run on a cluster that was kept. */
async function dropEarlier(url: URL, database: string): Promise<void> {
  const pool = createDatabasePool({ url: url.href, connectionLimit: 1 });
  await pool.query(`DROP DATABASE IF EXISTS ${database}`).finally(() => pool.end());
}

async function writeClientFiles(world: DocumentedWorld, url: URL): Promise<void> {
  const password = await secretValue(world.release, 'payguard-mariadb', 'admin-password');
  // The server in the cluster has no TLS, which newer clients insist on.
  const lines = ['[client]', `host=${url.hostname}`, `port=${url.port}`, 'user=payguard_admin', `password=${password}`];
  for (const name of ['backup.cnf', 'restore.cnf']) {
    await writeFile(join(world.keep, name), `${[...lines, 'loose-skip-ssl'].join('\n')}\n`, { mode: 0o600 });
  }
}

async function countRows(url: URL, database: string): Promise<Record<string, number>> {
  const pool = createDatabasePool({ url: url.href, connectionLimit: 1 });
  try {
    const counts: Record<string, number> = {};
    for (const table of COUNTED) {
      const rows: { n: number | bigint }[] = await pool.query(`SELECT COUNT(*) AS n FROM ${database}.${table}`);
      counts[table] = Number(rows[0]?.n ?? 0);
    }
    return counts;
  } finally {
    await pool.end();
  }
}

function describe(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([table, n]) => `${n} ${table}`)
    .join(', ');
}
