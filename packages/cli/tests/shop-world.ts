import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkInvariants } from '@payguard/shared/database/check-invariants';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { expect, inject } from 'vitest';
import { environment as pointsEnvironment } from '../../../services/points/src/config.ts';
import { startPoints } from '../../../services/points/src/start-points.ts';
import { openTestDatabase } from '../../shared/tests/database/open-test-database.ts';
import type { MerchantDescription } from '../../wechatpay-simulator/src/control/describe-merchant.ts';
import { createSimulator, type Simulator } from '../../wechatpay-simulator/src/simulator.ts';
import { type Result, runPayguard } from './run-payguard.ts';

/** A shop with payguard on it: real Kafka and MariaDB, points of this process, and WeChat Pay played by the simulator. */
export type ShopWorld = {
  pool: DatabasePool;
  simulator: Simulator;
  merchant: MerchantDescription;
  folder: string;
  merchantsFile: string;
  environment: Record<string, string>;
  payguard(...args: string[]): Promise<Result>;
  /** Rewrites merchants.yaml; points reads it at its start only. */
  setMerchant(settings: Record<string, unknown>): void;
  startPoints(): Promise<void>;
  stopPoints(): Promise<void>;
  close(): Promise<void>;
};

export async function openShopWorld(options: { settings?: Record<string, unknown> } = {}): Promise<ShopWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-shop-'));
  const database = await openTestDatabase();
  const mchid = `19${randomInt(10_000_000, 99_999_999)}`;
  const simulator = await createSimulator({
    // Certificate and public key side by side, as while a merchant changes over.
    merchants: [{ mchid, mode: 'rotating' }],
    stateDir: join(folder, 'simulator'),
    // The incident: what stands in the shop's settings leads nowhere.
    defaultNotifyUrl: 'http://localhost:9/api/payment/wechat/callback',
  });
  await simulator.listen();
  const [merchant] = simulator.merchants;
  if (merchant?.paths == null) throw new Error('the simulator was given a state directory');
  const { appid, apiV3Key, serialNo, paths } = merchant;
  const merchantsFile = join(folder, 'merchants.yaml');
  writeFileSync(join(folder, 'apiv3.key'), apiV3Key);
  const keys = {
    apiV3KeyFile: 'apiv3.key',
    verificationKeysDir: paths.verification,
    privateKeyFile: paths.privateKey,
    certificateSerial: serialNo,
  };
  const setMerchant = (settings: Record<string, unknown>): void => {
    // JSON is YAML.
    writeFileSync(merchantsFile, JSON.stringify({ merchants: [{ mchid, appids: [appid], keys, ...settings }] }));
  };
  setMerchant(options.settings ?? {});
  const environment = {
    KAFKA_BROKERS: inject('kafkaBrokers').join(','),
    DATABASE_URL: database.url,
    MERCHANTS_FILE: merchantsFile,
    WECHATPAY_API_URLS: simulator.apiUrl,
    CONSUMER_GROUP: `points-${mchid}`,
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
  };
  let points: Awaited<ReturnType<typeof startPoints>> | undefined;
  const stopPoints = async (): Promise<void> => {
    await points?.stop();
    points = undefined;
  };
  return {
    pool: database.pool,
    simulator,
    merchant,
    folder,
    merchantsFile,
    environment,
    payguard: (...args) => runPayguard(args, environment),
    setMerchant,
    startPoints: async () => {
      points = await startPoints(pointsEnvironment.parse(environment), createLogger('points', 'silent'));
    },
    stopPoints,
    close: async () => {
      await stopPoints();
      await simulator.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Schema and topics, as the Jobs of a release make them. */
export async function install(world: ShopWorld, ...migrateOptions: string[]): Promise<void> {
  const scale = ['--partitions', '1', '--replication-factor', '1', '--min-insync-replicas', '1'];
  for (const args of [
    ['migrate', ...migrateOptions],
    ['topics', ...scale],
  ]) {
    const { code, stderr } = await world.payguard(...args);
    if (code !== 0) throw new Error(stderr);
  }
}

export type NewOrder = { userId: number; amountTotal?: number | null; closed?: boolean; creditHold?: string };

/** An order here and at WeChat Pay (600 points and 60 more for 6 yuan), which has not been paid yet. */
export async function addOrder(world: ShopWorld, outTradeNo: string, order: NewOrder): Promise<void> {
  const { mchid, appid } = world.merchant;
  await world.pool.query('INSERT IGNORE INTO users (id, points) VALUES (?, 100)', [order.userId]);
  await world.pool.query(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, bonus_points, mchid, appid, amount_total,
       payment_status, closed_at, credit_hold) VALUES (?, ?, ?, 600, 60, ?, ?, ?, ?, ?, ?)`,
    [
      outTradeNo,
      outTradeNo,
      order.userId,
      mchid,
      appid,
      order.amountTotal === undefined ? 600 : order.amountTotal,
      order.closed === true ? 'expired' : 'pending',
      order.closed === true ? new Date(Date.now() - 60_000) : null,
      order.creditHold ?? null,
    ],
  );
  world.simulator.createOrder({ outTradeNo, total: 600 });
}

/** Paid at WeChat Pay, and the callback is lost. */
export function payUnnoticed(world: ShopWorld, outTradeNo: string): string {
  const paid = world.simulator.pay({ outTradeNo, late: true, faults: [{ kind: 'lost' }] });
  if (paid.kind !== 'paid') throw new Error(`${outTradeNo} was not paid: ${paid.kind}`);
  return paid.transactionId;
}

export async function balanceOf(world: ShopWorld, userId: number): Promise<number | undefined> {
  const rows: { points: number }[] = await world.pool.query('SELECT points FROM users WHERE id = ?', [userId]);
  return rows[0]?.points;
}

export async function expectInvariantsHold(world: ShopWorld): Promise<void> {
  const results = await checkInvariants(world.pool);
  expect(results.filter((result) => result.severity === 'broken' && result.violations > 0)).toEqual([]);
}
