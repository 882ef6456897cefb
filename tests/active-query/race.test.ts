import { findFreePort } from '@payguard/local/servers/find-free-port';
import { waitUntil } from '@payguard/shared/clock/wait-until';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { createRandom } from '../exactly-once/random.ts';
import { closeOf, confirmationOf, publishAll, verdictOn } from './race-events.ts';
import { callbackUrl, openRaceGateway } from './race-gateway.ts';
import { allScenarios, POLICIES, type Policy, prepare, type Scenario } from './race-scenarios.ts';
import { freshMchids } from './storm-merchants.ts';
import {
  addOrders,
  addUsers,
  brokenInvariants,
  numbersOf,
  type OrderRow,
  readOrders,
  TOTAL,
  waitForOrders,
} from './storm-orders.ts';
import { openStormWorld, type StormWorld } from './storm-world.ts';

const SPEED = 8;
const LIFE_MS = 45_000;
const MINUTE = 60_000;
const SETTLED_WITHIN_MS = 30_000;
const TIMEOUT_MS = 120_000;

const seed = chosenSeed();
const random = createRandom(seed);
const mchids = freshMchids(POLICIES.length);
const mchidOf = (policy: Policy) => mchids[POLICIES.indexOf(policy)] ?? '';
let world: StormWorld;
let gateway: { close(): Promise<void> };

beforeAll(async () => {
  const port = await findFreePort();
  world = await openStormWorld({
    seed,
    merchants: POLICIES.map((latePayment) => ({ mchid: mchidOf(latePayment), latePayment })),
    ...{ speed: SPEED, requestsPerSecond: 100, defaultNotifyUrl: callbackUrl(port) },
  });
  gateway = await openRaceGateway(world, port);
  await addUsers(world.pool);
});

afterAll(async () => {
  await world.stop();
  await gateway.close();
});

type End = 'credited' | 'held' | 'refunded' | 'open';

/** Where an order stands, by the database and by WeChat Pay; anything that is none of the right ends is told as it is. */
function endOf(row: OrderRow | undefined): End | string {
  if (row === undefined) return 'not there';
  const refunds = world.simulator.findOrder(row.mchid, row.outTradeNo)?.refunds ?? [];
  const sums = refunds.map(({ terms, status }) => `${status} ${terms.refund}`).join();
  const isCredited = row.creditedAt !== null && row.closedAt === null && row.recharges === 1;
  if (isCredited && row.status === 'paid' && sums === '') return 'credited';
  if (row.creditedAt !== null || row.recharges > 0) return `credited ${row.recharges} times, refunds: ${sums}`;
  if (row.status === 'refunded' && row.refundedTotal === TOTAL && sums === `SUCCESS ${TOTAL}`) return 'refunded';
  if (row.status === 'pending') return 'open';
  return sums === '' && row.closedAt !== null ? 'held' : `${row.status}, refunds: ${sums}`;
}

const LATE_END = { credit: 'credited', review: 'held', refund: 'refunded' } as const;

/** Ends that are right: credited, unless the close was seen before the payment. */
function rightEnds({ policy, moment, outTradeNo }: Scenario, closed: ReadonlySet<string>): End[] {
  if (moment.isLate === true) return [LATE_END[policy]];
  return moment.isLate === false || !closed.has(outTradeNo) ? ['credited'] : ['credited', LATE_END[policy]];
}

function firstWrong(scenarios: readonly Scenario[], orders: Map<string, OrderRow>): string | undefined {
  const closed = new Set(numbersOf(world.published, 'payment.closed'));
  for (const scenario of scenarios) {
    const end = endOf(orders.get(scenario.outTradeNo));
    if (!rightEnds(scenario, closed).some((right) => right === end)) return `${scenario.name}: ${end}`;
  }
  return undefined;
}

it(
  'ends right and once wherever a payment falls between query, close and event, whatever becomes of its callback',
  async () => {
    const { simulator, pool } = world;
    const { clock } = simulator;
    const scenarios = random.shuffle(allScenarios(mchidOf));
    const createdAt = clock.now();
    const expiresAt = createdAt + LIFE_MS;
    for (const scenario of scenarios) prepare(simulator, scenario, expiresAt);
    await addOrders(
      world,
      scenarios.map(({ mchid, outTradeNo }) => ({ mchid, outTradeNo, createdAt, expiresAt })),
    );
    world.startPolling();
    // The latest payments come 75 s after expiry, their callbacks half a minute later.
    await waitUntil(clock, expiresAt + 2 * MINUTE);
    const raced = await waitForOrders(pool, (orders) => firstWrong(scenarios, orders), SETTLED_WITHIN_MS);

    const held = [...raced.values()].filter((row) => endOf(row) === 'held');
    const verdicts = (['credit', 'refund', 'dismiss'] as const).flatMap((verdict, n) =>
      held.filter((_, at) => at % 3 === n).map((row) => ({ row, verdict })),
    );
    await publishAll(
      world,
      verdicts.map(({ row, verdict }) => verdictOn(world, row, verdict)),
    );
    const endAfter = { credit: 'credited', refund: 'refunded', dismiss: 'held' } as const;
    const wrongVerdict = (orders: Map<string, OrderRow>) =>
      verdicts.find(({ row, verdict }) => endOf(orders.get(row.outTradeNo)) !== endAfter[verdict]);
    const describe = (wrong: ReturnType<typeof wrongVerdict>) =>
      wrong && `verdict ${wrong.verdict}: ${JSON.stringify(wrong.row)}`;
    const decided = await waitForOrders(pool, (orders) => describe(wrongVerdict(orders)), SETTLED_WITHIN_MS);

    await replayEverything();
    const ends = (orders: Map<string, OrderRow>) =>
      [...orders.values()].map((row) => `${row.outTradeNo}: ${endOf(row)}`);
    expect(ends(await readOrders(pool))).toEqual(ends(decided));
    expect(await brokenInvariants(pool)).toEqual([]);
    const count = (end: End) => [...decided.values()].filter((row) => endOf(row) === end).length;
    console.log(
      `races seed ${seed}: ${scenarios.length} orders, ${held.length} held and decided; in the end ${count('credited')} ` +
        `credited, ${count('refunded')} refunded, ${count('held')} dismissed`,
    );
  },
  TIMEOUT_MS,
);

/** Everything that was ever published comes again, in another order, and the poll goes on for a while. */
async function replayEverything(): Promise<void> {
  const { clock } = world.simulator;
  const topics = ['payment.confirmed', 'payment.closed', 'payment.refunded', 'payment.decision'];
  const records = world.published.filter(({ topic }) => topics.includes(topic));
  await Promise.all(random.shuffle(records).map((record) => publishAll(world, [record])));
  await world.caughtUp();
  await waitUntil(clock, clock.now() + MINUTE / 2);
  await world.caughtUp();
}

it(
  'ends by what was seen first, close or payment, and stays there whatever comes in which order',
  async () => {
    const { simulator, pool } = world;
    const { clock } = simulator;
    await world.stopPolling();
    const orders = POLICIES.flatMap((policy) =>
      (['close first', 'payment first'] as const).map((first) => {
        const outTradeNo = `SWAP_${mchidOf(policy)}_${first.slice(0, 3)}`;
        const now = clock.now();
        return { policy, first, mchid: mchidOf(policy), outTradeNo, createdAt: now, expiresAt: now + LIFE_MS };
      }),
    );
    await addOrders(world, orders);
    for (const { mchid, outTradeNo } of orders) simulator.pay({ mchid, outTradeNo, faults: [{ kind: 'lost' }] });
    const closes = orders.map((order) => ({ ...order, record: closeOf(world, order) }));
    const payments = orders.map((order) => ({ ...order, record: confirmationOf(world, order, 'callback') }));
    const repeats = orders.map((order) => ({ ...order, record: confirmationOf(world, order, 'query') }));
    const isFirst = ({ first }: { first: string }, what: string) => first.startsWith(what);
    const rounds = [
      [...closes.filter((each) => isFirst(each, 'close')), ...payments.filter((each) => isFirst(each, 'payment'))],
      [...payments.filter((each) => isFirst(each, 'close')), ...closes.filter((each) => isFirst(each, 'payment'))],
      random.shuffle([...closes, ...payments, ...repeats]),
    ];
    for (const round of rounds) {
      await publishAll(
        world,
        round.map(({ record }) => record),
      );
      await world.caughtUp();
    }
    world.startPolling();
    const wrong = (rows: Map<string, OrderRow>) => {
      const order = orders.find(({ policy, first, outTradeNo }) => {
        return endOf(rows.get(outTradeNo)) !== (first === 'close first' ? LATE_END[policy] : 'credited');
      });
      return order && `${order.policy}, ${order.first}: ${endOf(rows.get(order.outTradeNo))}`;
    };
    await waitForOrders(pool, wrong, SETTLED_WITHIN_MS);
    expect(await brokenInvariants(pool)).toEqual([]);
  },
  TIMEOUT_MS,
);
