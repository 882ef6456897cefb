import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { bundlePrograms } from '../bundle-programs.ts';
import { openPollWorld, type PollWorld, type TestServers } from './poll-world.ts';
import { addUsers, putInOrders } from './put-in-orders.ts';

export type RunCost = {
  /** Orders that are not due. */
  idleOrders: number;
  /** Requests that reached WeChat Pay. */
  asked: number;
  /** Handler_read_* of the server during one run, all connections: rows and index entries looked at. */
  reads: number;
  /** Handler_write, _update and _delete. */
  writes: number;
  /** Most that the process ever held resident, pages of node's own file among it. */
  peakRssMiB: number;
  /** Most that it was seen to hold of its own: heap, stacks, code. */
  peakOwnMiB: number;
  seconds: number;
};

/** Of the process, whatever the table's size. */
export const MAX_RSS_MIB = 150;
/** Without the pages of node's own file, which every node on a machine shares. */
export const MAX_OWN_MIB = 90;
/** 200 orders take two seconds. */
const REQUESTS_PER_SECOND = 100;
const DUE_AGE_MS = 5 * 60_000;
/**
 * How a job's container starts Node: a run lives for a minute, and what V8 and glibc would keep ready for later (25 MiB) is
 * of no use to it.
 */
const FRUGAL = { NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '1' };
const RUN_TIMEOUT_MS = 120_000;
const RSS_LOOK_MS = 20;
/** A run's sweep walks new orders in bounded slices: this many runs have seen a million. */
const MAX_WARM_UP_RUNS = 50;
/** One statement of the filling stays well below a second. */
const FILL_SLICE = 50_000;
const HOUR_MS = 60 * 60_000;

/** One run beside each of these numbers of orders that are not due, ascending; `due` orders are due each time. */
export async function measureRuns(
  servers: TestServers,
  { sizes, due }: { sizes: readonly number[]; due: number },
): Promise<RunCost[]> {
  const world = await openPollWorld({ servers, speed: 1, requestsPerSecond: REQUESTS_PER_SECOND });
  const folder = await mkdtemp(join(tmpdir(), 'payguard-cost-'));
  try {
    // What a job's container runs: from sources, a process also holds the compiler that strips their types (25 MiB).
    await bundlePrograms(folder, ['reconciler']);
    const node = await copyNode(folder);
    const poll = () => pollOnce([node, join(folder, 'reconciler.mjs')], world.environment);
    await addUsers(world);
    const dueNumbers = Array.from({ length: due }, (_, n) => `DUE_${100_000 + n}`);
    const now = world.simulator.clock.now();
    const orders = dueNumbers.map((outTradeNo) => ({ outTradeNo, createdAt: now - DUE_AGE_MS, nextCheckAt: now }));
    await putInOrders(world, orders);
    const costs: RunCost[] = [];
    for (const [n, size] of sizes.entries()) {
      await addIdleOrders(world, sizes[n - 1] ?? 0, size);
      costs.push(await measureRun(world, poll, { idleOrders: size, dueNumbers }));
    }
    return costs;
  } finally {
    await world.stop();
    await rm(folder, { recursive: true });
  }
}

/** By what factor the dearest run costs more than the cheapest. */
export function mostGrowth(runs: readonly RunCost[], figure: 'reads' | 'writes'): number {
  const figures = runs.map((run) => run[figure]);
  return Math.max(...figures) / Math.min(...figures);
}

/** Adds orders from number `from` to `to` that poll has nothing to ask about for hours. */
async function addIdleOrders(world: PollWorld, from: number, to: number): Promise<void> {
  const now = world.simulator.clock.now();
  for (let start = from; start < to; start += FILL_SLICE) {
    await world.pool.query(
      `INSERT INTO payment_orders
         (order_no, out_trade_no, user_id, points, mchid, appid, amount_total, expires_at, created_at, updated_at)
       SELECT CONCAT('IDLE_', n), CONCAT('IDLE_', n), 1 + n % 50, 100, ?, ?, 1000, ?, ?, ?
       FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + ? AS n
             FROM (${DIGITS}) a, (${DIGITS}) b, (${DIGITS}) c, (${DIGITS}) e, (${DIGITS}) f) numbers
       WHERE n < ?`,
      [
        ...[world.merchant.mchid, world.appid, utcText(now + 72 * HOUR_MS), utcText(now - 72 * HOUR_MS)],
        ...[utcText(now - 72 * HOUR_MS), start, Math.min(to, start + FILL_SLICE)],
      ],
    );
    await world.pool.query(
      `INSERT INTO order_checks (order_id, mchid, lane, next_check_at)
       SELECT o.id, o.mchid, 1, TIMESTAMPADD(SECOND, o.id % 18000, ?) FROM payment_orders o
       LEFT JOIN order_checks c ON c.order_id = o.id WHERE o.out_trade_no LIKE 'IDLE%' AND c.order_id IS NULL`,
      [utcText(now + 2 * HOUR_MS)],
    );
  }
}

const DIGITS = Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS d`).join(' UNION ALL ');

/** The cost of one `poll --once` as a process of its own, once the sweep has seen all orders; `due` of them are due. */
async function measureRun(
  world: PollWorld,
  poll: () => Promise<Memory>,
  { idleOrders, dueNumbers }: { idleOrders: number; dueNumbers: readonly string[] },
): Promise<RunCost> {
  await letSweepCatchUp(world, poll);
  await world.pool.query(
    `UPDATE order_checks c JOIN payment_orders o ON o.id = c.order_id
     SET c.next_check_at = ?, c.lane = 0 WHERE o.out_trade_no IN (?)`,
    [utcText(world.simulator.clock.now() - 1_000), dueNumbers],
  );
  const askedBefore = world.arrivals.times.length;
  const before = await readHandlers(world.pool);
  const startedAt = performance.now();
  const { peakRssMiB, peakOwnMiB } = await poll();
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await readHandlers(world.pool);
  const difference = (names: RegExp) =>
    [...after].reduce((sum, [name, value]) => sum + (names.test(name) ? value - (before.get(name) ?? 0) : 0), 0);
  return {
    idleOrders,
    asked: world.arrivals.times.length - askedBefore,
    reads: difference(/^Handler_read/),
    writes: difference(/^Handler_(write|update|delete)$/),
    peakRssMiB,
    peakOwnMiB,
    seconds,
  };
}

async function letSweepCatchUp(world: PollWorld, poll: () => Promise<unknown>): Promise<void> {
  for (let run = 0; run < MAX_WARM_UP_RUNS; run += 1) {
    await poll();
    const [row]: { behind: number }[] = await world.pool.query(
      `SELECT (SELECT MAX(id) FROM payment_orders) - p.position AS behind FROM job_positions p WHERE p.name = 'sweep.head'`,
    );
    if (row !== undefined && row.behind <= 0) return;
  }
  throw new Error(`the sweep has not seen all orders after ${MAX_WARM_UP_RUNS} runs`);
}

async function readHandlers(pool: DatabasePool): Promise<Map<string, number>> {
  const rows: { Variable_name: string; Value: string }[] = await pool.query("SHOW GLOBAL STATUS LIKE 'Handler%'");
  return new Map(rows.map((row) => [row.Variable_name, Number(row.Value)]));
}

type Memory = Pick<RunCost, 'peakRssMiB' | 'peakOwnMiB'>;

/** Throws when the run fails. */
async function pollOnce([node, program]: [string, string], environment: Record<string, string>): Promise<Memory> {
  const child = spawn(node, [program, 'poll', '--once'], {
    env: { ...process.env, ...environment, ...FRUGAL },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: RUN_TIMEOUT_MS,
  });
  const ended = once(child, 'exit');
  const peak: Memory = { peakRssMiB: 0, peakOwnMiB: 0 };
  while (child.exitCode === null && child.signalCode === null) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak.peakRssMiB = Math.max(peak.peakRssMiB, mebibytes(status, 'VmHWM'));
    peak.peakOwnMiB = Math.max(peak.peakOwnMiB, mebibytes(status, 'RssAnon'));
    await delay(RSS_LOOK_MS);
  }
  const [code, signal] = await ended;
  if (code !== 0) throw new Error(`poll --once ended with ${code ?? signal}`);
  return peak;
}

/**
 * A node of which nothing is in the page cache. How much of node's file counts as resident follows from how it came there:
 * 59 MiB when it came as it was used, 87 when somebody had read the file whole, as a fresh install does.
 */
async function copyNode(folder: string): Promise<string> {
  const node = join(folder, 'node');
  await copyFile(process.execPath, node);
  await promisify(execFile)('dd', [`of=${node}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']);
  return node;
}

function mebibytes(status: string, field: string): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Math.round(Number(kib ?? 0) / 1_024);
}

/** One line for people. */
export function costText({ idleOrders, asked, reads, writes, peakRssMiB, peakOwnMiB, seconds }: RunCost): string {
  return (
    `${idleOrders} orders not due: ${asked} requests, ${reads} reads, ${writes} writes, ` +
    `${peakRssMiB} MiB resident at most, ${peakOwnMiB} of them its own, ${seconds.toFixed(1)} s`
  );
}
