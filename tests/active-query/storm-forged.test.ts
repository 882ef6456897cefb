import { waitUntil } from '@payguard/shared/clock/wait-until';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { type Forger, openForger, type PassingAnswer } from './storm-forger.ts';
import { freshMchids } from './storm-merchants.ts';
import { addOrders, addUsers, brokenInvariants, numbersOf, pay, readOrders, waitForOrders } from './storm-orders.ts';
import { openStormWorld, type StormWorld } from './storm-world.ts';

const SPEED = 10;
const MINUTE = 60_000;
const CLEARED_WITHIN_MS = 30_000;
const [mchid = ''] = freshMchids(1);

/** Each order is forged in its own way; what its payer did is in its name. */
const FORGERIES = {
  /** Never paid; the answer says SUCCESS. */
  UNPAID_SUCCESS: (answer: PassingAnswer) => says(answer, { trade_state: 'SUCCESS', ...forgedPayment() }),
  /** Never paid; the answer is WeChat Pay's own, truly signed a moment ago, about somebody else's payment. */
  UNPAID_OTHERS: (answer: PassingAnswer) => lastTrue.get('PAID_DONOR') ?? answer,
  /** Paid; the answer names another transaction. */
  PAID_TRANSACTION: (answer: PassingAnswer) => says(answer, { transaction_id: '4200009999202601019999999999' }),
  /** Paid; the answer says it was closed. */
  PAID_CLOSED: (answer: PassingAnswer) => says(answer, { trade_state: 'CLOSED' }),
  /** Paid; the answer says that nobody did, and the order expires meanwhile. */
  PAID_EXPIRED: (answer: PassingAnswer) => says(answer, { trade_state: 'NOTPAY' }),
  /** Paid; left alone. */
  PAID_DONOR: (answer: PassingAnswer) => answer,
};
const names = Object.keys(FORGERIES) as (keyof typeof FORGERIES)[];
const lastTrue = new Map<string, PassingAnswer>();

let world: StormWorld;
let forger: Forger;

beforeAll(async () => {
  forger = await openForger();
  world = await openStormWorld({
    seed: chosenSeed(),
    ...{ merchants: [{ mchid }], speed: SPEED, requestsPerSecond: 50 },
    defaultNotifyUrl: 'http://127.0.0.1:9/callback',
    apiUrl: (simulatorUrl) => {
      forger.target = simulatorUrl;
      return forger.url;
    },
  });
  await addUsers(world.pool);
});

afterAll(async () => {
  await world.stop();
  await forger.close();
});

function says(answer: PassingAnswer, fields: Record<string, unknown>): PassingAnswer {
  return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), ...fields }) };
}

function forgedPayment() {
  return {
    appid: world.simulator.merchants[0]?.appid,
    transaction_id: '4200009999202601018888888888',
    trade_type: 'NATIVE',
    bank_type: 'OTHERS',
    success_time: '2026-01-01T00:00:00+08:00',
    payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
    amount: { total: 1_000, payer_total: 1_000, currency: 'CNY', payer_currency: 'CNY' },
  };
}

it('believes nothing that somebody on the way has altered, and takes the truth when he is gone', async () => {
  const { simulator, pool } = world;
  const { clock } = simulator;
  const begun = clock.now();
  forger.forge = (outTradeNo, answer) => {
    const name = names.find((each) => outTradeNo === numberOf(each));
    if (name === undefined || answer.status !== 200) return answer;
    lastTrue.set(name, answer);
    return FORGERIES[name](answer);
  };
  await addOrders(
    world,
    names.map((name) => ({
      ...{ mchid, outTradeNo: numberOf(name), createdAt: begun },
      expiresAt: begun + (name === 'PAID_EXPIRED' ? MINUTE : 120 * MINUTE),
    })),
  );
  for (const name of names.filter((each) => each.startsWith('PAID_')))
    pay(simulator, { mchid, outTradeNo: numberOf(name) });
  world.startPolling();
  await waitUntil(clock, begun + 2 * MINUTE);

  const during = await readOrders(pool);
  expect(new Set(numbersOf(world.published, 'payment.confirmed'))).toEqual(new Set([numberOf('PAID_DONOR')]));
  expect(numbersOf(world.published, 'payment.closed')).toEqual([]);
  for (const name of names.filter((each) => each !== 'PAID_DONOR')) {
    expect(during.get(numberOf(name))).toMatchObject({ status: 'pending', creditedAt: null, closedAt: null });
  }
  expect(forger.forged()).toBeGreaterThanOrEqual(names.length - 1);

  forger.forge = undefined;
  const paid = names.filter((each) => each.startsWith('PAID_'));
  const after = await waitForOrders(
    pool,
    (orders) => paid.find((name) => orders.get(numberOf(name))?.creditedAt === null),
    CLEARED_WITHIN_MS,
  );
  for (const name of paid) {
    const { payment } = simulator.findOrder(mchid, numberOf(name)) ?? {};
    expect(after.get(numberOf(name))).toMatchObject({ recharges: 1, transactionId: payment?.transactionId });
  }
  for (const name of ['UNPAID_SUCCESS', 'UNPAID_OTHERS'] as const) {
    expect(after.get(numberOf(name))).toMatchObject({ status: 'pending', recharges: 0 });
  }
  expect(await brokenInvariants(pool)).toEqual([]);
  console.log(
    `forger seed ${world.seed}: ${forger.forged()} altered answers, 0 believed, ${paid.length} payments credited afterwards`,
  );
});

function numberOf(name: string): string {
  return `${name}_${mchid.slice(-8)}`;
}
