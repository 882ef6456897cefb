import { waitUntil } from '@payguard/shared/clock/wait-until';
import { utcText } from '@payguard/shared/database/multi-row';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { STORM_KINDS } from './storm-faults.ts';
import { freshMchids } from './storm-merchants.ts';
import type { NewOrder, OrderRow } from './storm-orders.ts';
import {
  addOrders,
  addUsers,
  brokenInvariants,
  numbersOf,
  pay,
  readOrders,
  TOTAL,
  waitForOrders,
} from './storm-orders.ts';
import { openStormWorld, type Published, type StormWorld } from './storm-world.ts';

const SPEED = 10;
const MINUTE = 60_000;
/** Everything fails. */
const STORM_MS = 2 * MINUTE;
/** Queries are answered; closes and refunds fail. */
const SECOND_STORM_MS = 1.5 * MINUTE;
/** Long enough to be asked about again, after the longest pause. */
const CLEARED_WITHIN_MS = 60_000;
/** A refund that could not be asked about is asked about again after 30 minutes at the latest (page 4013071036). */
const LONGEST_REFUND_WAIT_MS = 31 * MINUTE;
const OPENING_MS = 45_000;
const TIMEOUT_MS = 180_000;

/** A merchant of its own for each kind: all storms rage at the same time, and none may hold up another merchant. */
const kinds = freshMchids(STORM_KINDS.length).flatMap((mchid, n) => {
  const kind = STORM_KINDS[n];
  return kind === undefined ? [] : [{ mchid, ...kind }];
});

let world: StormWorld;
let stormAt = 0;
let seenInStorm: Published[] = [];
let atEnd: Map<string, OrderRow>;
let closedAtEnd: string[] = [];
let withRefunds: Map<string, OrderRow>;

const number = (mchid: string, role: string) => `${role}_${mchid}`;
const orderOf = (mchid: string, role: string, rest: Omit<NewOrder, 'mchid' | 'outTradeNo'>): NewOrder => ({
  ...{ mchid, outTradeNo: number(mchid, role) },
  ...rest,
});

/** What a merchant's orders do in the storm. Times count from its begin. */
function ordersOf(mchid: string): NewOrder[] {
  const inMs = (createdAt: number, expiresAt: number) => ({
    createdAt: stormAt + createdAt,
    expiresAt: stormAt + expiresAt,
  });
  return [
    orderOf(mchid, 'PAID_BEFORE', inMs(0, 120 * MINUTE)),
    orderOf(mchid, 'PAID_DURING', inMs(0, 120 * MINUTE)),
    orderOf(mchid, 'UNPAID', inMs(0, 300 * MINUTE)),
    orderOf(mchid, 'EXPIRED', inMs(-5 * MINUTE, MINUTE)),
    orderOf(mchid, 'PAID_THEN_EXPIRED', inMs(-5 * MINUTE, MINUTE)),
    orderOf(mchid, 'EXPIRES_LATER', inMs(-5 * MINUTE, STORM_MS + MINUTE / 2)),
    orderOf(mchid, 'UNKNOWN', { ...inMs(-5 * MINUTE, MINUTE), isUnknown: true }),
  ];
}

beforeAll(async () => {
  const merchants = kinds.map(({ mchid }) => ({ mchid }));
  world = await openStormWorld({
    seed: chosenSeed(),
    ...{ merchants, speed: SPEED, requestsPerSecond: 50 },
    defaultNotifyUrl: 'http://127.0.0.1:9/callback',
  });
  const { simulator, pool } = world;
  const { clock } = simulator;
  await addUsers(pool);

  // Before: an order that is credited, to be refunded in the storm.
  const opening = clock.now();
  const refunded = kinds.map(({ mchid }) =>
    orderOf(mchid, 'REFUND', { createdAt: opening, expiresAt: opening + 120 * MINUTE }),
  );
  await addOrders(world, refunded);
  for (const order of refunded) pay(simulator, order);
  world.startPolling();
  await waitForOrders(pool, (orders) => missing(orders, refunded, (row) => row.creditedAt !== null), OPENING_MS);

  stormAt = clock.now();
  for (const { mchid, fault } of kinds) {
    simulator.addApiFault({ mchid, fault, untilMs: stormAt + STORM_MS });
    const operations = ['close_order', 'request_refund', 'query_refund'] as const;
    const [fromMs, untilMs] = [stormAt + STORM_MS, stormAt + STORM_MS + SECOND_STORM_MS];
    // Carried out, and only the answer spoilt: the refund that was made and looks failed.
    simulator.addApiFault({ mchid, operations: [...operations], fault, effect: 'after', fromMs, untilMs });
  }
  const orders = kinds.flatMap(({ mchid }) => ordersOf(mchid));
  await addOrders(world, orders);
  const byRole = (role: string) => orders.filter(({ outTradeNo }) => outTradeNo.startsWith(`${role}_`));
  for (const order of [...byRole('PAID_BEFORE'), ...byRole('PAID_THEN_EXPIRED')]) pay(simulator, order);
  await requestRefunds(await readOrders(pool));
  await waitUntil(clock, stormAt + MINUTE / 2);
  for (const order of byRole('PAID_DURING')) pay(simulator, order);

  await waitUntil(clock, stormAt + STORM_MS);
  seenInStorm = world.published.filter(({ at }) => at >= stormAt && at < stormAt + STORM_MS);

  await waitUntil(clock, stormAt + STORM_MS + SECOND_STORM_MS);
  atEnd = await waitForOrders(pool, unfinishedOrders, CLEARED_WITHIN_MS);
  closedAtEnd = numbersOf(world.published, 'payment.closed');
  // Sent, or found sent, at the next look; seen to have succeeded at the one after.
  await clock.advance(LONGEST_REFUND_WAIT_MS);
  await waitUntil(clock, clock.now() + MINUTE / 2);
  await clock.advance(LONGEST_REFUND_WAIT_MS);
  withRefunds = await waitForOrders(pool, unfinishedRefunds, CLEARED_WITHIN_MS);
}, TIMEOUT_MS);

afterAll(() => world.stop());

/** As checkout puts a refund in before it sends it. */
async function requestRefunds(orders: Map<string, OrderRow>): Promise<void> {
  const now = utcText(world.simulator.clock.now());
  for (const { mchid } of kinds) {
    const order = orders.get(number(mchid, 'REFUND'));
    await world.pool.query(
      `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, transaction_id, next_check_at, created_at, updated_at)
       VALUES (?, ?, ?, ?, 'requested', ?, ?, ?, ?)`,
      [order?.id, mchid, `R_${mchid}`, TOTAL, order?.transactionId, now, now, now],
    );
  }
}

function missing(orders: Map<string, OrderRow>, wanted: readonly NewOrder[], isSo: (row: OrderRow) => boolean) {
  const order = wanted.find(({ outTradeNo }) => {
    const row = orders.get(outTradeNo);
    return row === undefined || !isSo(row);
  });
  return order === undefined ? undefined : JSON.stringify(orders.get(order.outTradeNo) ?? order.outTradeNo);
}

/** After the storm every order comes to the end that it should. */
function unfinishedOrders(orders: Map<string, OrderRow>): string | undefined {
  const wrong = kinds.flatMap(({ mchid, name }) => {
    const row = (role: string) => orders.get(number(mchid, role));
    const uncredited = ['PAID_BEFORE', 'PAID_DURING', 'PAID_THEN_EXPIRED'].filter(
      (role) => row(role)?.creditedAt === null,
    );
    const unclosed = ['EXPIRED', 'EXPIRES_LATER'].filter((role) => row(role)?.closedAt === null);
    return [...uncredited, ...unclosed].map((role) => `${name}: ${role}`);
  });
  return wrong.length === 0 ? undefined : wrong.join('; ');
}

function unfinishedRefunds(orders: Map<string, OrderRow>): string | undefined {
  const wrong = kinds.filter(({ mchid }) => orders.get(number(mchid, 'REFUND'))?.refundedTotal !== TOTAL);
  return wrong.length === 0 ? undefined : `not refunded: ${wrong.map(({ name }) => name).join()}`;
}

describe.each(kinds.filter(({ passes }) => passes !== true))('$name', ({ mchid }) => {
  const ofMerchant = (outTradeNo: string) => outTradeNo.endsWith(`_${mchid}`);

  it('concludes nothing while no answer can be believed', () => {
    expect(numbersOf(seenInStorm, 'payment.confirmed').filter(ofMerchant)).toEqual([]);
    expect(numbersOf(seenInStorm, 'payment.closed').filter(ofMerchant)).toEqual([]);
    const ends = ['PAID_BEFORE', 'PAID_DURING', 'EXPIRED', 'PAID_THEN_EXPIRED'].map((role) => {
      const row = atEnd.get(number(mchid, role));
      return row?.creditedAt ?? row?.closedAt ?? 0;
    });
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(stormAt + STORM_MS);
  });
});

describe.each(kinds)('$name', ({ mchid }) => {
  const ofMerchant = (outTradeNo: string) => outTradeNo.endsWith(`_${mchid}`);

  it('closes nothing that WeChat Pay did not close itself, or that it does not know for less than an hour', () => {
    const closed = new Set(closedAtEnd.filter(ofMerchant));
    expect([...closed].sort()).toEqual([number(mchid, 'EXPIRED'), number(mchid, 'EXPIRES_LATER')]);
    for (const outTradeNo of closed) {
      expect(world.simulator.findOrder(mchid, outTradeNo)).toMatchObject({ payment: undefined });
      expect(world.simulator.findOrder(mchid, outTradeNo)?.closedAtMs).toBeDefined();
    }
    expect(atEnd.get(number(mchid, 'UNKNOWN'))).toMatchObject({ status: 'pending', closedAt: null });
    expect(atEnd.get(number(mchid, 'UNPAID'))).toMatchObject({ status: 'pending', closedAt: null });
  });

  it('credits every payment once and sends the refund once', () => {
    for (const role of ['PAID_BEFORE', 'PAID_DURING', 'PAID_THEN_EXPIRED']) {
      expect(atEnd.get(number(mchid, role))).toMatchObject({ status: 'paid', recharges: 1, closedAt: null });
    }
    const refunds = world.simulator.findOrder(mchid, number(mchid, 'REFUND'))?.refunds ?? [];
    expect(refunds.map(({ terms, status }) => ({ number: terms.outRefundNo, sum: terms.refund, status }))).toEqual([
      { number: `R_${mchid}`, sum: TOTAL, status: 'SUCCESS' },
    ]);
    expect(withRefunds.get(number(mchid, 'REFUND'))).toMatchObject({ status: 'refunded', recharges: 1 });
  });
});

it('closes what WeChat Pay does not know only after a second look an hour later, and breaks no invariant', async () => {
  const { simulator, pool } = world;
  await simulator.clock.advance(61 * MINUTE);
  const unknown = kinds.map(({ mchid }) => orderOf(mchid, 'UNKNOWN', { createdAt: 0, expiresAt: 0 }));
  await waitForOrders(pool, (orders) => missing(orders, unknown, (row) => row.closedAt !== null), CLEARED_WITHIN_MS);
  expect(await brokenInvariants(pool)).toEqual([]);
  const faults = simulator.faults({ target: 'api' }).length;
  const rows = [...atEnd.values()].filter(({ creditedAt }) => creditedAt !== null).length;
  console.log(
    `storms seed ${world.seed}: ${kinds.length} kinds, ${faults} spoilt answers, ${rows} payments credited once, 0 closed by mistake`,
  );
});
