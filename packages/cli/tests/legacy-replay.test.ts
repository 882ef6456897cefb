import { onceKnown } from '@payguard/shared/kafka/once-known';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { CALLBACK_PATH } from '../../../services/callback-gateway/src/app.ts';
import { environment as gatewayEnvironment } from '../../../services/callback-gateway/src/config.ts';
import { startGateway } from '../../../services/callback-gateway/src/start-gateway.ts';
import { createCallbackSender, signCallback } from '../../local/src/load/signed-callbacks.ts';
import {
  addOrder,
  addUser,
  createShop,
  creditInShop,
  INCIDENT,
  repairByHand,
} from '../../shared/tests/database/shop-fixture.ts';
import { balanceOf, expectInvariantsHold, install, openShopWorld, type ShopWorld } from './shop-world.ts';

const GOOD = { outTradeNo: 'RECHARGE_GOOD', transactionId: '4200000001202507120000000001', total: 600 };
const PAID = [{ ...INCIDENT, total: 600 }, GOOD];
const ROUNDS = 3;
/** Each of these sets up a whole system, and runs the command line tool several times. */
const TIMEOUT_MS = 180_000;

/** What the guide's SQL left behind, and what payguard makes of it when all callbacks come again, several times. */
const SCENES = [
  // `statements`: how many of the SQL's three ran, in each run.
  { name: 'never', statements: [], recharges: 1, balance: 760, listed: [] },
  {
    name: 'up to its first statement',
    statements: [1],
    recharges: 0,
    balance: 100,
    listed: ['orders held by the upgrade', 'held payments'],
  },
  {
    name: 'up to its second statement',
    statements: [2],
    recharges: 1,
    balance: 100,
    listed: ['orders held by the upgrade', 'balance_after before payguard'],
  },
  { name: 'once', statements: [3], recharges: 1, balance: 760, listed: ['balance_after before payguard'] },
  {
    name: 'twice',
    statements: [3, 3],
    recharges: 2,
    balance: 1_420,
    listed: ['orders held by the upgrade', 'orders credited more than once', 'balance_after before payguard'],
  },
];

let world: ShopWorld;
beforeEach(async () => {
  world = await openShopWorld();
});
afterEach(() => world?.close());

/** The shop of the incident, and one order in it that went well. */
async function openIncident(runs: readonly number[]): Promise<number> {
  const { pool, merchant } = world;
  await createShop(pool);
  const userId = await addUser(pool, 100);
  await pool.query(
    "INSERT INTO point_transactions (user_id, type, amount, balance_after) VALUES (?, 'reward', 100, 100)",
    [userId],
  );
  const lucky = await addUser(pool, 0);
  await addOrder(pool, { outTradeNo: INCIDENT.outTradeNo, userId, status: 'NOTPAY', price: '6.00' });
  await addOrder(pool, { ...GOOD, userId: lucky, status: 'paid', price: '6.00' });
  await creditInShop(pool, lucky, GOOD.outTradeNo);
  for (const statements of runs) await repairByHand(pool, statements);
  const whose = ['--mchid', merchant.mchid, '--appid', merchant.appid];
  await install(world, ...whose, '--amount-column', 'price', '--amount-unit', 'yuan');
  return userId;
}

/** Sends the callbacks of all payments, several times and at once, and waits until points is through with them. */
async function replayCallbacks(): Promise<void> {
  const config = gatewayEnvironment.parse({ ...world.environment, PORT: '0' });
  const gateway = await startGateway(config, createLogger('callback-gateway', 'silent'));
  const sender = createCallbackSender(gateway.url + CALLBACK_PATH, 4);
  await world.startPoints();
  const deliver = async (payment: (typeof PAID)[number]): Promise<number> => {
    // Until Kafka is known to the gateway it answers 503, and WeChat Pay sends again.
    const send = async (): Promise<boolean> => (await sender.send(await signCallback(world.merchant, payment))) === 204;
    await vi.waitUntil(send, { timeout: 20_000, interval: 200 });
    return 204;
  };
  for (let round = 0; round < ROUNDS; round += 1) await Promise.all([...PAID, ...PAID].map(deliver));
  await pointsHasReadAll();
  sender.close();
  await gateway.stop();
}

async function pointsHasReadAll(): Promise<void> {
  const admin = new Kafka({ brokers: inject('kafkaBrokers'), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topic = 'payment.confirmed';
  const isThrough = async (): Promise<boolean> => {
    const groupId = String(world.environment.CONSUMER_GROUP);
    // A coordinator that is still loading says so by an error.
    const [read] = await admin.fetchOffsets({ groupId, topics: [topic] }).catch(() => []);
    const offsets = new Map(read?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    const ends = await onceKnown(() => admin.fetchTopicOffsets(topic));
    return ends.every(({ partition, high, low }) => high === low || (offsets.get(partition) ?? -1) >= Number(high));
  };
  await vi.waitUntil(isThrough, { timeout: 30_000, interval: 100 });
  await admin.disconnect();
}

async function rechargesOf(outTradeNo: string): Promise<number> {
  const sql = "SELECT id FROM point_transactions WHERE order_no = ? AND LOWER(type) = 'recharge'";
  return (await world.pool.query<unknown[]>(sql, [outTradeNo])).length;
}

/** By order: the checks of doctor that name it. */
async function listedByDoctor(): Promise<{ incident: string[]; good: string[] }> {
  const { stdout } = await world.payguard('doctor', '--json');
  const findings: { check: string; examples: string[] }[] = JSON.parse(stdout);
  const naming = (outTradeNo: string) =>
    findings.filter(({ examples }) => examples.some((example) => example.includes(outTradeNo)));
  const checksOf = (outTradeNo: string) => naming(outTradeNo).map(({ check }) => check);
  return { incident: checksOf(INCIDENT.outTradeNo), good: checksOf(GOOD.outTradeNo) };
}

describe('a shop on which the guide’s SQL has run', { timeout: TIMEOUT_MS }, () => {
  it.each(SCENES)('$name: no callback doubles anything, and doctor lists what is odd', async (scene) => {
    const userId = await openIncident(scene.statements);
    await replayCallbacks();

    expect(await rechargesOf(INCIDENT.outTradeNo)).toBe(scene.recharges);
    expect(await balanceOf(world, userId)).toBe(scene.balance);
    expect(await rechargesOf(GOOD.outTradeNo)).toBe(1);
    expect(await balanceOf(world, userId + 1)).toBe(660);
    await expectInvariantsHold(world);
    expect(await listedByDoctor()).toEqual({ incident: scene.listed, good: [] });
  });

  it('up to its first statement: a person credits it, and it is credited once', async () => {
    const userId = await openIncident([1]);
    await replayCallbacks();
    const order = ['--order', INCIDENT.outTradeNo, '--by', '李薇', '--reason', 'the SQL stopped half-way'];
    await expect(world.payguard('review', 'credit', ...order)).resolves.toMatchObject({ code: 0 });
    expect(await rechargesOf(INCIDENT.outTradeNo)).toBe(1);
    expect(await balanceOf(world, userId)).toBe(760);
    await expectInvariantsHold(world);
    expect(await listedByDoctor()).toEqual({ incident: [], good: [] });
  });

  it.each([
    { name: 'twice: the second credit is taken back', runs: [3, 3], correction: -660 },
    { name: 'up to its second statement: the points are given', runs: [2], correction: 660 },
  ])('$name by a ledger row, and nothing is left to decide', async ({ runs, correction }) => {
    const userId = await openIncident(runs);
    // As docs/incident.md gives it.
    await world.pool.query('UPDATE users SET points = points + ? WHERE id = ?', [correction, userId]);
    await world.pool.query(
      `INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no, description)
       SELECT id, 'adjust', ?, points, ?, 'the repair SQL' FROM users WHERE id = ?`,
      [correction, INCIDENT.outTradeNo, userId],
    );
    expect(await balanceOf(world, userId)).toBe(760);
    await expectInvariantsHold(world);
    expect(await listedByDoctor()).toEqual({ incident: ['balance_after before payguard'], good: [] });
  });
});
