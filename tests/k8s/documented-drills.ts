import { tryWrongKey } from './documented-keys.ts';
import type { Payments } from './documented-payments.ts';
import { type DocumentedWorld, must } from './documented-world.ts';
import { waitFor } from './phase.ts';
import { RELEASE } from './release.ts';

const BY_CALLBACK_MS = 20_000;
/** The poll asks about a young order within 45 s; more for a busy machine. */
const BY_POLL_MS = 120_000;
const BACK_WITHIN_MS = 120_000;
const GONE_WITHIN_MS = 60_000;

/** Section 6, what can be played on one node. After each, no promise may be broken. */
export const DRILLS: readonly { name: string; play(world: DocumentedWorld, payments: Payments): Promise<void> }[] = [
  { name: 'callbacks stop', play: callbacksStop },
  { name: 'WeChat Pay away', play: wechatPayAway },
  { name: 'Kafka is away', play: kafkaAway },
  { name: 'database away', play: databaseAway },
  { name: 'poll stopped', play: pollStopped },
  { name: 'wrong key deployed', play: tryWrongKey },
];

async function callbacksStop(world: DocumentedWorld, payments: Payments): Promise<void> {
  await world.block('drill-callbacks', async () => {
    const outTradeNo = await payments.makeOrder();
    await payments.pay(outTradeNo);
    return `an order whose callback cannot come was credited ${await payments.untilCredited(outTradeNo, BY_POLL_MS)} ms after it was paid`;
  });
  await endOutages(payments);
}

async function wechatPayAway(world: DocumentedWorld, payments: Payments): Promise<void> {
  const outTradeNo = await payments.makeOrder();
  await world.block('drill-wechat-api', async () => {
    const { status, body } = await payments.tryOrder();
    must(status === 503 && /"retry":\s*true/.test(body), `a new order was answered ${status}: ${body.slice(0, 200)}`);
    await payments.pay(outTradeNo);
    const ms = await payments.untilCredited(outTradeNo, BY_CALLBACK_MS);
    return `a new order is answered 503 with retry; one that was there is credited by its callback after ${ms} ms`;
  });
  await endOutages(payments);
}

async function endOutages(payments: Payments): Promise<void> {
  const { outages }: { outages: { id: number | string }[] } = JSON.parse(
    await payments.control('GET', '/faults/outages'),
  );
  for (const { id } of outages) await payments.control('DELETE', `/faults/outages/${id}`);
}

async function kafkaAway(world: DocumentedWorld, payments: Payments): Promise<void> {
  const outTradeNo = await payments.makeOrder();
  await payments.payWithoutCallback(outTradeNo);
  await world.block('drill-kafka-away', async () => {
    await untilGone(world, 'kafka');
    const answer = await payments.callBack(outTradeNo);
    must(answer === 503, `a callback was answered ${answer}`);
    return 'a signed callback is answered 503';
  });
  await world.block('drill-kafka-back', async () => {
    const taken = await waitFor(async () => (await payments.callBack(outTradeNo)) === 204, BACK_WITHIN_MS);
    must(taken !== undefined, `no callback was taken ${BACK_WITHIN_MS} ms after the broker was back`);
    return `a callback is taken ${taken?.ms} ms after the broker is ready; the order is credited ${await payments.untilCredited(outTradeNo, BY_POLL_MS)} ms later`;
  });
}

async function databaseAway(world: DocumentedWorld, payments: Payments): Promise<void> {
  const outTradeNo = await payments.makeOrder();
  await payments.payWithoutCallback(outTradeNo);
  await world.block('drill-database-away', async () => {
    await untilGone(world, 'mariadb');
    const answer = await payments.callBack(outTradeNo);
    must(answer === 204, `a callback was answered ${answer}`);
    const { status } = await payments.tryOrder();
    must(status === 503, `a new order was answered ${status}`);
    return 'a signed callback is answered 204 and waits in Kafka, a new order 503';
  });
  await world.block('drill-database-back', async () => {
    return `the order is credited ${await payments.untilCredited(outTradeNo, BACK_WITHIN_MS)} ms after the database is ready`;
  });
}

async function pollStopped(world: DocumentedWorld, payments: Payments): Promise<void> {
  await world.block('drill-poll-stopped', async () => {
    must((await isSuspended(world)) === 'true', 'the poll is not suspended');
    const outTradeNo = await payments.makeOrder();
    await payments.pay(outTradeNo);
    return `the poll is suspended; a callback still credits, after ${await payments.untilCredited(outTradeNo, BY_CALLBACK_MS)} ms`;
  });
  await world.block('drill-poll-back', async () => {
    must((await isSuspended(world)) === 'false', 'the poll is still suspended');
    return 'the poll runs again, a run by hand completed';
  });
}

async function untilGone(world: DocumentedWorld, component: string): Promise<void> {
  const gone = await waitFor(async () => (await world.release.pods(component)).length === 0, GONE_WITHIN_MS);
  must(gone !== undefined, `${component} still runs after ${GONE_WITHIN_MS} ms`);
}

async function isSuspended({ release }: DocumentedWorld): Promise<string> {
  return (await release.kubectl(['get', 'cronjob', `${RELEASE}-poll`, '-o', 'jsonpath={.spec.suspend}'])).trim();
}
