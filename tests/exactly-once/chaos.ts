import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SignedCallback, SigningMerchant } from '@payguard/local/load/signed-callbacks';
import { createCallbackSender, signCallback } from '@payguard/local/load/signed-callbacks';
import { spendOnePoint } from '@payguard/local/load/spend-points';
import type { RunningServer } from '@payguard/local/servers/server-process';
import type { LocalSystem } from '@payguard/local/system/start-local';
import { startLocal } from '@payguard/local/system/start-local';
import { checkInvariants } from '@payguard/shared/database/check-invariants';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';

/** One run of payments while parts are killed with -9. */
export type ChaosOptions = {
  seed: number;
  /** Callbacks sent, repetitions included. */
  events: number;
  /** How many of them are sent a second time, 0 to 1. */
  duplicates: number;
  /** How often each part is killed. */
  killsOfEach: number;
  stateDir: string;
  say(line: string): void;
};

export type ChaosReport = {
  seed: number;
  sent: number;
  accepted: number;
  retried: number;
  /** Orders whose callback got a 2xx and that have no credit. */
  lost: string[];
  /** Names of broken invariants. */
  broken: string[];
  /** `backMs`: from the part's return until both services are ready and a further order is credited. */
  kills: { part: string; downMs: number; backMs: number }[];
};

const USERS = 50;
const CONNECTIONS = 64;
const RATE_PER_SECOND = 300;
/** As WeChat Pay would, but not fifteen seconds later. */
const RETRY_AFTER_MS = 500;
const MAX_ATTEMPTS = 120;
const SETTLE_TIMEOUT_MS = 90_000;
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const MAX_DOWN_MS = 3_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  await rm(options.stateDir, { recursive: true, force: true });
  const system = await startLocal({ stateDir: options.stateDir, onProgress: options.say });
  // Survives the database's kills: a lost connection is replaced at the next query.
  const pool = createDatabasePool({ url: system.run.database.url, connectionLimit: 8 });
  try {
    return await payWhileKilling(system, pool, options);
  } finally {
    await pool.end();
    await system.stop();
  }
}

async function payWhileKilling(system: LocalSystem, pool: DatabasePool, options: ChaosOptions): Promise<ChaosReport> {
  const random = createRandom(options.seed);
  const orders = Math.round(options.events / (1 + options.duplicates));
  const numbers = Array.from({ length: orders }, (_, n) => `CHAOS_${String(n).padStart(8, '0')}`);
  await insertOrders(pool, system, numbers);
  const callbacks = await signAll(await merchantOf(system), numbers);
  const queue = random.shuffle([...callbacks, ...random.sample(callbacks, options.events - orders)]);

  const shop = new AbortController();
  const spending = spendAsTheShop(pool, random, shop.signal);
  const seconds = queue.length / RATE_PER_SECOND;
  const [delivery, kills] = await Promise.all([
    deliver(system.run.gateway.callbackUrl, queue),
    killEach(system, pool, random, seconds, options),
  ]);
  shop.abort();
  await spending;
  const lost = await waitUntilCredited(pool, delivery.accepted);
  const results = await checkInvariants(pool);
  return {
    seed: options.seed,
    sent: queue.length,
    accepted: delivery.accepted.size,
    retried: delivery.retried,
    lost,
    broken: results
      .filter((result) => result.severity === 'broken' && result.violations > 0)
      .map((result) => result.name),
    kills,
  };
}

async function insertOrders(pool: DatabasePool, system: LocalSystem, numbers: string[]): Promise<void> {
  const { mchid, appid } = system.run.merchant;
  await pool.query(
    `INSERT INTO users (id, points) VALUES ${Array.from({ length: USERS }, (_, n) => `(${n + 1}, 1000)`)}`,
  );
  const rows = numbers.map(
    (number, n) => `('${number}', '${number}', ${(n % USERS) + 1}, ${(n % 900) + 100}, '${mchid}', '${appid}', 1000)`,
  );
  await pool.query(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total) VALUES ${rows.join()}`,
  );
}

async function merchantOf(system: LocalSystem): Promise<SigningMerchant> {
  const { merchant, wechatpay } = system.run;
  const privateKeyPem = await readFile(wechatpay.platformPrivateKeyFile, 'utf8');
  return { ...merchant, platform: { serial: wechatpay.platformSerial, privateKeyPem } };
}

type NumberedCallback = SignedCallback & { outTradeNo: string };

async function signAll(merchant: SigningMerchant, numbers: string[]): Promise<NumberedCallback[]> {
  const signed: NumberedCallback[] = [];
  for (let start = 0; start < numbers.length; start += 500) {
    const part = numbers.slice(start, start + 500);
    const callbacks = part.map(async (outTradeNo, n) => {
      const order = { outTradeNo, total: 1_000, transactionId: `4200${String(start + n).padStart(24, '0')}` };
      return { outTradeNo, ...(await signCallback(merchant, order)) };
    });
    signed.push(...(await Promise.all(callbacks)));
  }
  return signed;
}

/** Sends at a steady rate that does not wait, and again what got no 2xx, as WeChat Pay does. */
async function deliver(url: string, queue: NumberedCallback[]): Promise<{ accepted: Set<string>; retried: number }> {
  const sender = createCallbackSender(url, CONNECTIONS);
  const accepted = new Set<string>();
  let retried = 0;
  const deliveries: Promise<void>[] = [];
  const startedAt = performance.now();
  for (const [n, callback] of queue.entries()) {
    const wait = startedAt + (n * 1_000) / RATE_PER_SECOND - performance.now();
    if (wait > 1) await delay(wait);
    deliveries.push(deliverOne(callback));
  }
  await Promise.all(deliveries);
  sender.close();
  return { accepted, retried };

  async function deliverOne(callback: NumberedCallback): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const status = await sender.send(callback).catch(() => 0);
      if (status === 204) {
        accepted.add(callback.outTradeNo);
        return;
      }
      retried += 1;
      await delay(RETRY_AFTER_MS);
    }
  }
}

/** Kills every part at seeded moments; servers come back after a seeded while, services by their supervisor. */
async function killEach(
  system: LocalSystem,
  pool: DatabasePool,
  random: Random,
  seconds: number,
  options: ChaosOptions,
) {
  const { servers, services } = system;
  if (servers === undefined) throw new Error('the fault test needs embedded servers');
  const killServer = async (server: RunningServer): Promise<void> => {
    await server.kill();
    await delay(random.between(200, MAX_DOWN_MS));
    await server.restart();
  };
  const parts = {
    gateway: () => services.gateway.kill(),
    points: () => services.points.kill(),
    kafka: () => killServer(servers.kafka),
    mariadb: () => killServer(servers.mariadb),
  };
  const names = Object.keys(parts) as (keyof typeof parts)[];
  const order = random.shuffle(Array.from({ length: options.killsOfEach }, () => names).flat());
  const gapMs = (seconds * 1_000) / (order.length + 1);
  const kills: ChaosReport['kills'] = [];
  for (const part of order) {
    await delay(random.between(gapMs * 0.3, gapMs));
    const killedAt = performance.now();
    await parts[part]();
    const returnedAt = performance.now();
    await Promise.all([services.gateway.ready(READY_TIMEOUT_MS), services.points.ready(READY_TIMEOUT_MS)]);
    await waitForCredit(pool);
    const kill = {
      part,
      downMs: Math.round(returnedAt - killedAt),
      backMs: Math.round(performance.now() - returnedAt),
    };
    options.say(`kill -9 ${part}: down ${kill.downMs} ms, ready and crediting ${kill.backMs} ms after its return`);
    kills.push(kill);
  }
  return kills;
}

/** Ready is what a service says; a credit more, or none left to make, is what counts. */
async function waitForCredit(pool: DatabasePool): Promise<void> {
  const before = await countOrders(pool);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (let now = before; now.credited === before.credited && now.open > 0; now = await countOrders(pool)) {
    if (Date.now() > deadline) throw new Error(`no credit within ${READY_TIMEOUT_MS} ms`);
    await delay(POLL_MS);
  }
}

async function countOrders(pool: DatabasePool): Promise<{ credited: number; open: number }> {
  const rows: { credited: number; open: number }[] = await pool.query(
    'SELECT COUNT(credited_at) AS credited, COUNT(*) - COUNT(credited_at) AS open FROM payment_orders',
  );
  return rows[0] ?? { credited: 0, open: 0 };
}

async function spendAsTheShop(pool: DatabasePool, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await spendOnePoint(pool, Math.ceil(random.between(0.001, USERS))).catch(() => undefined);
    await delay(5);
  }
}

/** Answers the accepted orders that are still without credit when the time is over. */
async function waitUntilCredited(pool: DatabasePool, accepted: ReadonlySet<string>): Promise<string[]> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const rows: { out_trade_no: string }[] = await pool.query(
      'SELECT out_trade_no FROM payment_orders WHERE credited_at IS NULL',
    );
    const lost = rows.map((row) => row.out_trade_no).filter((number) => accepted.has(number));
    if (lost.length === 0 || Date.now() > deadline) return lost;
    await delay(POLL_MS);
  }
}

/** A fixed folder, so that the next run ends what a killed one left behind. */
export const CHAOS_STATE_DIR = join(import.meta.dirname, '../../.payguard/tests/chaos');
