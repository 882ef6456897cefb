import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMerchantsFile, type Merchant } from '@payguard/shared/config/merchants-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import type { OutgoingRecord, PublishResult } from '@payguard/shared/kafka/micro-batch-publisher';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import { loadKeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import { openTestDatabase } from '../../../packages/shared/tests/database/open-test-database.ts';
import type { PollDependencies } from '../src/poll/poll-dependencies.ts';
import { type PollReport, type RunEnd, runPoll } from '../src/poll/run-poll.ts';

export const SHOP_TIME_ZONE = 'Asia/Shanghai';
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const MERCHANTS = ['1900000109', '1900000208'] as const;
/** The clock starts here; it runs as fast as ours and can be put forward. */
const START = Date.UTC(2026, 10, 11, 2);

export type NewOrder = {
  outTradeNo: string;
  mchid?: string | undefined;
  /** How long ago it was made, in ms; 0. */
  age?: number;
  /** ms UTC. */
  expiresAt?: number | null;
  /** Fen; 100. */
  amount?: number;
  /** True where WeChat Pay knows of it; true. */
  isPrepaid?: boolean;
};

export type CheckRow = {
  order_id: number;
  mchid: string;
  lane: number;
  attempts: number;
  next_check_at: number;
  lease_by: string | null;
  confirmed_at: number | null;
  reported_at: number | null;
  missing_since: number | null;
};

export type PollWorld = Awaited<ReturnType<typeof openPollWorld>>;

/**
 * A migrated database, a simulated WeChat Pay with two merchants, and polls of this process over real HTTP. Its clock can be
 * put forward, unless it is to be the machine's.
 */
export async function openPollWorld({ clock: mode = 'accelerated' }: { clock?: 'accelerated' | 'real' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-poll-'));
  const database = await openTestDatabase();
  const simulator = await createSimulator({
    merchants: MERCHANTS.map((mchid) => ({ mchid, mode: 'public-key' })),
    keysDir: join(folder, 'keys'),
    ...(mode === 'real' ? {} : { clock: mode, clockStartMs: START, speed: 1 }),
    defaultNotifyUrl: 'http://127.0.0.1:9/callback',
  });
  await simulator.listen();
  // Nothing but asking tells of a payment here.
  simulator.setFaultRates({ rates: { lost: 1 }, seed: 'poll', maxDelayMs: 1, attempts: 1 });
  const { clock } = simulator;
  await migrate({ pool: database.pool, clock, legacy: DEFAULT_LEGACY_OPTIONS });
  const merchants = loadMerchantsFile(writeMerchants(folder, simulator));
  const log = createLogger('reconciler', process.env.TEST_LOG ?? 'silent');
  const ring = loadKeyRing([...merchants]);
  const clients = openWechatPayClients({
    merchants,
    apiUrls: [simulator.apiUrl],
    keys: () => ring,
    clock,
    log,
    budget: { pool: database.pool, share: 'poll' },
  });
  const published: OutgoingRecord[] = [];
  const publisher = {
    result: { kind: 'acknowledged' } as PublishResult,
    async publish(record: OutgoingRecord): Promise<PublishResult> {
      if (publisher.result.kind === 'acknowledged') published.push(record);
      return publisher.result;
    },
  };
  let runs = 0;
  const deps = (change: Partial<PollDependencies> = {}): PollDependencies => ({
    pool: database.pool,
    publisher,
    clients: clients.byMchid,
    merchants,
    clock,
    log,
    shopTimeZone: SHOP_TIME_ZONE,
    chance: () => 0.5,
    runBy: `test:${++runs}`,
    concurrency: 64,
    ...change,
  });
  const poll = (end: RunEnd = { onceIdle: true }, change: Partial<PollDependencies> = {}): Promise<PollReport> =>
    runPoll(deps(change), end, new AbortController().signal);

  return {
    ...{ simulator, clock, pool: database.pool, databaseUrl: database.url, merchants, clients, publisher, published },
    ...{ deps, poll, folder, merchantsFile: join(folder, 'merchants.yaml') },
    mchid: MERCHANTS[0],
    otherMchid: MERCHANTS[1],
    /** Published records of a topic about an order, parsed. */
    events: (topic: string, outTradeNo: string) => eventsOf(published, topic, outTradeNo),
    addOrder: (order: NewOrder) => addOrder(database.pool, simulator, order),
    check: (orderId: number) => readCheck(database.pool, orderId),
    async close() {
      await clients.close();
      await simulator.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeMerchants(folder: string, simulator: Simulator): string {
  const merchants = simulator.merchants.map(({ mchid, appid, apiV3Key, serialNo, paths }) => {
    const apiV3KeyFile = join(folder, `${mchid}.key`);
    writeFileSync(apiV3KeyFile, apiV3Key);
    return {
      mchid,
      appids: [appid],
      requestsPerSecond: 1_000,
      notifyUrl: 'https://pay.example.com/api/payment/wechat/callback',
      keys: {
        apiV3KeyFile,
        verificationKeysDir: paths?.verification,
        privateKeyFile: paths?.privateKey,
        certificateSerial: serialNo,
      },
    };
  });
  const file = join(folder, 'merchants.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ merchants }));
  return file;
}

/** An order as the shop inserts it, and as WeChat Pay has it. Answers its id; it has no check yet. */
async function addOrder(pool: DatabasePool, simulator: Simulator, order: NewOrder): Promise<number> {
  const { outTradeNo, age = 0, amount = 100, expiresAt = null, isPrepaid = true } = order;
  const mchid = order.mchid ?? MERCHANTS[0];
  const { appid } = simulator.merchants.find((merchant) => merchant.mchid === mchid) ?? { appid: null };
  if (isPrepaid) {
    simulator.createOrder({
      outTradeNo,
      mchid,
      total: amount,
      ...(expiresAt === null ? {} : { expiresAtMs: expiresAt }),
    });
  }
  const result: { insertId: number } = await pool.query(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total, expires_at, created_at)
     VALUES (?, ?, 1, 10, ?, ?, ?, ?, ?)`,
    [
      outTradeNo,
      outTradeNo,
      mchid,
      appid,
      amount,
      utcText(expiresAt),
      toShopTime(simulator.clock.now() - age, SHOP_TIME_ZONE),
    ],
  );
  return result.insertId;
}

async function readCheck(pool: DatabasePool, orderId: number): Promise<CheckRow | undefined> {
  const rows: Record<string, unknown>[] = await pool.query(
    { sql: 'SELECT * FROM order_checks WHERE order_id = ?', dateStrings: true },
    [orderId],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const time = (name: string) => fromUtcText(row[name] === null ? null : String(row[name]));
  return {
    order_id: Number(row.order_id),
    mchid: String(row.mchid),
    lane: Number(row.lane),
    attempts: Number(row.attempts),
    next_check_at: time('next_check_at') ?? Number.NaN,
    lease_by: row.lease_by === null ? null : String(row.lease_by),
    confirmed_at: time('confirmed_at'),
    reported_at: time('reported_at'),
    missing_since: time('missing_since'),
  };
}

function eventsOf(published: readonly OutgoingRecord[], topic: string, outTradeNo: string): Record<string, unknown>[] {
  return published
    .filter((record) => record.topic === topic && record.key?.endsWith(`:${outTradeNo}`))
    .map((record) => JSON.parse(record.value));
}

export type { Merchant };
