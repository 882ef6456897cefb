import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CALLBACK_PATH } from '@payguard/callback-gateway/app';
import { type RunningServers, startServers } from '@payguard/local/servers/start-servers';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GatewayWorld, openGatewayWorld } from './gateway-world.ts';
import { type CallbackAnswer, postCallback } from './post-callback.ts';
import { newOrderNumber, paymentBody, type SignedCallback, signedBy } from './signed-callback.ts';
import { createTopics } from './test-brokers.ts';
import { readTopics } from './topic-reader.ts';

const STATE_DIR = join(import.meta.dirname, '../../../.payguard/tests/gateway-faults');
/** The issue's own bound: no callback is answered later, whatever the broker does. */
const LATEST_ANSWER_MS = 3_000;
const MAX_IN_FLIGHT = 32;
/** "Back by itself within 15 s of its dependency's return." */
const BACK_WITHIN_MS = 15_000;
const POLL_MS = 50;

let servers: RunningServers;
let world: GatewayWorld;

beforeAll(async () => {
  servers = await startServers({ stateDir: STATE_DIR, onProgress: () => undefined });
  // Before the topics: the gateway waits for them.
  world = await openGatewayWorld({ brokers: servers.kafka.brokers, env: { MAX_IN_FLIGHT: String(MAX_IN_FLIGHT) } });
  expect((await fetch(world.healthUrl)).status).toBe(503);
  await createTopics(servers.kafka.brokers);
  await world.ready();
});
afterAll(async () => {
  await world?.stop();
  await servers?.stop();
});

async function callbacks(count: number): Promise<{ outTradeNo: string; callback: SignedCallback }[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const outTradeNo = newOrderNumber();
      return { outTradeNo, callback: await signedBy(world.merchant, paymentBody(world.merchant, outTradeNo)) };
    }),
  );
}

async function postAll(count: number): Promise<(CallbackAnswer & { outTradeNo: string })[]> {
  const made = await callbacks(count);
  return Promise.all(
    made.map(async ({ outTradeNo, callback }) => ({
      ...(await postCallback(world.callbackUrl, callback)),
      outTradeNo,
    })),
  );
}

async function acceptedAgain(): Promise<void> {
  const isAccepted = async () => (await postAll(1)).every((answer) => answer.status === 204);
  await vi.waitUntil(isAccepted, { timeout: BACK_WITHIN_MS, interval: POLL_MS });
  await world.ready();
}

async function publishedAmong(outTradeNos: string[]): Promise<string[]> {
  const topics = await readTopics(servers.kafka.brokers, ['payment.confirmed']);
  try {
    const records = await topics.recordsWith(world.merchant.mchid);
    const published = new Set(records.map((record) => JSON.parse(record.value).out_trade_no));
    return outTradeNos.filter((outTradeNo) => published.has(outTradeNo));
  } finally {
    await topics.close();
  }
}

function expectRefusedInTime(answers: CallbackAnswer[]): void {
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'FAIL' });
    expect(answer.ms).toBeLessThan(LATEST_ANSWER_MS);
  }
}

describe('a broker that hangs', () => {
  it('gets no callback a 2xx nor an answer later than 3 s; readiness goes off and comes back', async () => {
    expect((await postAll(3)).map((answer) => answer.status)).toEqual([204, 204, 204]);
    servers.kafka.pause();
    try {
      expectRefusedInTime(await postAll(10));
      const isNotReady = async () => (await fetch(world.healthUrl)).status === 503;
      await vi.waitUntil(isNotReady, { timeout: LATEST_ANSWER_MS, interval: POLL_MS });
      expectRefusedInTime(await postAll(10));
    } finally {
      servers.kafka.resume();
    }
    await acceptedAgain();
  });

  it('makes load above the limit be shed at once, with nothing queued beyond the limit', async () => {
    servers.kafka.pause();
    try {
      const answers = postAll(4 * MAX_IN_FLIGHT);
      const isFull = async () => (await world.metric('payguard_callbacks_in_flight')) === MAX_IN_FLIGHT;
      await vi.waitUntil(isFull, { timeout: LATEST_ANSWER_MS, interval: POLL_MS });
      expect(await world.metric('payguard_publish_queue_records')).toBeLessThanOrEqual(MAX_IN_FLIGHT);

      const late = await postAll(5);
      expectRefusedInTime(late);
      for (const answer of late) {
        expect(answer.text).toContain('too many callbacks');
        expect(answer.ms).toBeLessThan(1_000);
      }
      const all = await answers;
      expectRefusedInTime(all);
      expect(all.filter((answer) => answer.text.includes('too many'))).toHaveLength(3 * MAX_IN_FLIGHT);
      expect(await world.metric('payguard_callbacks_in_flight')).toBe(0);
    } finally {
      servers.kafka.resume();
    }
    await acceptedAgain();
  });

  it('counts the slow sender’s own time: a body that comes late leaves less for the broker', async () => {
    servers.kafka.pause();
    try {
      const [{ callback } = { callback: { headers: {}, body: '' } }] = await callbacks(1);
      const startedAt = performance.now();
      const socket = connect(world.port, '127.0.0.1');
      const head = Object.entries(callback.headers).map(([name, value]) => `${name}: ${value}`);
      const bytes = Buffer.from(callback.body);
      socket.write(
        `POST ${CALLBACK_PATH} HTTP/1.1\r\nHost: gateway\r\n${head.join('\r\n')}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
      );
      socket.write(bytes.subarray(0, 10));
      // The rest follows when a sender a second and a half later would have sent it.
      await vi.waitUntil(() => performance.now() - startedAt > 1_500, { timeout: 3_000 });
      socket.write(bytes.subarray(10));
      const [answer] = await once(socket, 'data');
      socket.destroy();
      expect(String(answer)).toMatch(/^HTTP\/1.1 503 /);
      expect(performance.now() - startedAt).toBeLessThan(LATEST_ANSWER_MS);
    } finally {
      servers.kafka.resume();
    }
    await acceptedAgain();
  });
});

describe('a broker that is killed', () => {
  it('loses no callback that got a 2xx; the gateway is back by itself', { timeout: 60_000 }, async () => {
    const before = await postAll(30);
    const during = postAll(200);
    await servers.kafka.kill();
    const meanwhile = [...(await during), ...(await postAll(5))];
    for (const answer of meanwhile) expect(answer.ms).toBeLessThan(LATEST_ANSWER_MS);
    const isNotReady = async () => (await fetch(world.healthUrl)).status === 503;
    await vi.waitUntil(isNotReady, { timeout: LATEST_ANSWER_MS, interval: POLL_MS });

    await servers.kafka.restart();
    await acceptedAgain();
    const promised = [...before, ...meanwhile]
      .filter((answer) => answer.status === 204)
      .map((answer) => answer.outTradeNo);
    expect(promised.length).toBeGreaterThanOrEqual(before.length);
    expect((await publishedAmong(promised)).length).toBe(promised.length);
  });
});

describe('a broken callback log topic', () => {
  it('changes no answer', async () => {
    const settings = { KAFKA_BROKERS: servers.kafka.brokers, KAFKA_SSL: false };
    const admin = createKafka('tests', settings, createLogger('tests', 'silent')).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: ['payment.callback-log'] });
    await admin.disconnect();
    const answers = await postAll(20);
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 204));
    expect(Math.max(...answers.map((answer) => answer.ms))).toBeLessThan(1_000);
  });
});
