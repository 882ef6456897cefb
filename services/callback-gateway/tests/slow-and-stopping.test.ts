import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { CALLBACK_PATH } from '@payguard/callback-gateway/app';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GatewayWorld, openGatewayWorld } from './gateway-world.ts';
import { postCallback } from './post-callback.ts';
import { newOrderNumber, paymentBody, signedBy } from './signed-callback.ts';
import { createTopics, sharedBrokers } from './test-brokers.ts';
import { readTopics } from './topic-reader.ts';

/** 2 s for head and body, and the half second between two looks. */
const CUT_OFF_WITHIN_MS = 3_000;
const STOPPED_WITHIN_MS = 10_000;

let world: GatewayWorld;
let stopped: Promise<void> | undefined;

beforeAll(() => createTopics(sharedBrokers()));
beforeEach(async () => {
  stopped = undefined;
  world = await openGatewayWorld({ brokers: sharedBrokers() });
  await world.ready();
});
afterEach(() => stopped ?? world.stop());

/** Resolves to all that the server said, when it has closed the connection. */
async function readToClose(socket: Socket): Promise<{ text: string; ms: number }> {
  const startedAt = performance.now();
  let text = '';
  socket.on('data', (bytes) => {
    text += String(bytes);
  });
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return { text, ms: performance.now() - startedAt };
}

describe('a sender that is slow on purpose', () => {
  it('in its head, its body or a chunked body is cut off, with the answer 408', async () => {
    const beginnings = [
      `POST ${CALLBACK_PATH} HTTP/1.1\r\nHost: x\r\nX-Slow: 1`,
      `POST ${CALLBACK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`,
      `POST ${CALLBACK_PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
    ];
    const answers = await Promise.all(
      beginnings.map((beginning) => {
        const socket = connect(world.port, '127.0.0.1');
        socket.write(beginning);
        return readToClose(socket);
      }),
    );
    for (const { text, ms } of answers) {
      expect(text).toMatch(/^HTTP\/1.1 408 /);
      expect(text).toContain('{"code":"FAIL","message":"Request Timeout"}');
      expect(ms).toBeLessThan(CUT_OFF_WITHIN_MS);
    }
  });

  it('does not keep others from being served', async () => {
    const slow = Array.from({ length: 100 }, () => {
      const socket = connect(world.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`POST ${CALLBACK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`);
      return socket;
    });
    const callback = await signedBy(world.merchant, paymentBody(world.merchant, newOrderNumber()));
    expect((await postCallback(world.callbackUrl, callback)).status).toBe(204);
    for (const socket of slow) socket.destroy();
  });
});

describe('bytes that are no HTTP', () => {
  it('are answered 400 in the form of every refusal, and the connection ends', async () => {
    const socket = connect(world.port, '127.0.0.1');
    socket.write('\u0016\u0003\u0001 hello\r\n\r\n');
    const { text } = await readToClose(socket);
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text).toContain('"code":"FAIL"');
  });
});

describe('a graceful stop', () => {
  it('answers the callbacks in flight, and keeps what it answered with 204', async () => {
    const orders = Array.from({ length: 60 }, () => newOrderNumber());
    const made = await Promise.all(orders.map((n) => signedBy(world.merchant, paymentBody(world.merchant, n))));
    const answers = made.map((callback) =>
      postCallback(world.callbackUrl, callback).then(
        (answer) => answer.status,
        (err: NodeJS.ErrnoException) => err.code,
      ),
    );
    await Promise.race(answers);
    const startedAt = performance.now();
    stopped = world.stop();
    await stopped;
    expect(performance.now() - startedAt).toBeLessThan(STOPPED_WITHIN_MS);

    const statuses = await Promise.all(answers);
    // Those that the stopping server had not taken yet may be refused; none is left hanging or cut in the middle.
    for (const status of statuses) expect([204, 503, 'ECONNREFUSED', 'ECONNRESET']).toContain(status);
    const acknowledged = orders.filter((_order, index) => statuses[index] === 204);
    expect(acknowledged.length).toBeGreaterThan(0);
    const topics = await readTopics(sharedBrokers(), ['payment.confirmed']);
    const records = await topics.recordsWith(world.merchant.mchid);
    await topics.close();
    const published = new Set(records.map((record) => JSON.parse(record.value).out_trade_no));
    expect(acknowledged.filter((order) => !published.has(order))).toEqual([]);
  });

  it('is not held up by an idle connection, nor by one that sends nothing', async () => {
    const agent = new Agent({ keepAlive: true });
    const first = request(world.healthUrl, { agent }).end();
    const [answer] = await once(first, 'response');
    answer.resume();
    await once(answer, 'end');
    const silent = connect(world.port, '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    const startedAt = performance.now();
    stopped = world.stop();
    await stopped;
    expect(performance.now() - startedAt).toBeLessThan(STOPPED_WITHIN_MS);
    agent.destroy();
    silent.destroy();
  });
});
