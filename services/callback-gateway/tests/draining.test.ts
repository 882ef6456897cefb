import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CALLBACK_PATH, HEALTH_PATH } from '@payguard/callback-gateway/app';
import { environment } from '@payguard/callback-gateway/config';
import { startGateway } from '@payguard/callback-gateway/start-gateway';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GatewayWorld, openGatewayWorld } from './gateway-world.ts';
import { newOrderNumber, paymentBody, type SignedCallback, signedBy } from './signed-callback.ts';
import { createTopics, sharedBrokers } from './test-brokers.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const DRAIN_SECONDS = 1;
const CALLERS = 16;
/** Enough for every caller to have come back to a kept connection. */
const SOME_ANSWERS = 5 * CALLERS;
const WITHIN = { timeout: 10_000, interval: 10 };

let world: GatewayWorld;
let callback: SignedCallback;

beforeAll(async () => {
  await createTopics(sharedBrokers());
  world = await openGatewayWorld({ brokers: sharedBrokers() });
  await world.ready();
  callback = await signedBy(world.merchant, paymentBody(world.merchant, newOrderNumber()));
});
afterAll(() => world?.stop());

function leavingEnv(drainSeconds: number): Record<string, string> {
  return {
    KAFKA_BROKERS: sharedBrokers().join(),
    MERCHANTS_FILE: join(world.folder, 'merchants.yaml'),
    ...{ HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', DRAIN_SECONDS: String(drainSeconds) },
  };
}

/** A second gateway beside the world's own, which leaves. */
async function startLeaving() {
  const config = loadEnvironment(environment, leavingEnv(DRAIN_SECONDS));
  const gateway = await startGateway(config, createLogger('callback-gateway', 'silent'));
  const port = Number(new URL(gateway.url).port);
  const isReady = async () => (await fetch(gateway.url + HEALTH_PATH)).status === 200;
  await vi.waitUntil(isReady, WITHIN);
  return { ...gateway, port, isReady };
}

type Answer = { port: number; status: number; connection: string | undefined };

async function post(agent: Agent): Promise<Answer> {
  const options = { agent, method: 'POST', path: CALLBACK_PATH, headers: callback.headers };
  const outgoing = request(options).end(callback.body);
  const answer: IncomingMessage = (await once(outgoing, 'response'))[0];
  const port = answer.socket.remotePort ?? 0;
  answer.resume();
  await once(answer, 'end');
  return { port, status: answer.statusCode ?? 0, connection: answer.headers.connection };
}

/** As a Service of a cluster does: a new connection goes to what is ready now, an old one stays where it is. */
function agentTo(ports: readonly number[]): Agent {
  let turn = 0;
  return new (class extends Agent {
    override createConnection() {
      turn += 1;
      return connect(ports[turn % ports.length] ?? 0, '127.0.0.1');
    }
  })({ keepAlive: true, maxSockets: CALLERS });
}

describe('a gateway that is told to stop', () => {
  it('turns away none of the callers that keep their connections, and resets none', async () => {
    const leaving = await startLeaving();
    const ports = [world.port, leaving.port];
    const agent = agentTo(ports);
    const answers: Answer[] = [];
    const failures: unknown[] = [];
    let isOver = false;
    const callers = Array.from({ length: CALLERS }, async () => {
      while (!isOver)
        await post(agent).then(
          (answer) => answers.push(answer),
          (err) => failures.push(err),
        );
    });
    const answeredBy = (port: number, from = 0) => answers.slice(from).filter((answer) => answer.port === port);
    await vi.waitUntil(() => ports.every((port) => answeredBy(port).length > SOME_ANSWERS), WITHIN);

    const before = answers.length;
    const stopped = leaving.stop();
    // Those under way are answered; the health's own connection is a new one.
    await vi.waitUntil(async () => !(await leaving.isReady()), WITHIN);
    ports.pop();
    await stopped;
    await vi.waitUntil(() => answeredBy(world.port, before).length > SOME_ANSWERS, WITHIN);
    isOver = true;
    await Promise.all(callers);
    agent.destroy();

    expect(failures).toEqual([]);
    expect(answers.filter(({ status }) => status !== 204)).toEqual([]);
    const last = answeredBy(leaving.port, before);
    // One answer of each connection may have been on its way to the caller already.
    expect(last.filter(({ connection }) => connection !== 'close').length).toBeLessThanOrEqual(CALLERS);
    expect(last.filter(({ connection }) => connection === 'close').length).toBeGreaterThanOrEqual(CALLERS / 2);
    expect(answeredBy(world.port).every(({ connection }) => connection === 'keep-alive')).toBe(true);
  });

  it('answers on a connection that was idle until then, and closes those that stay idle when its drain is over', async () => {
    const leaving = await startLeaving();
    const agents = [agentTo([leaving.port]), agentTo([leaving.port])] as const;
    for (const agent of agents) expect(await post(agent)).toMatchObject({ status: 204, connection: 'keep-alive' });
    const [idle] = Object.values(agents[0].freeSockets).flatMap((sockets) => sockets ?? []);
    const startedAt = performance.now();
    const closed = once(idle ?? agents[0], 'close').then(() => performance.now() - startedAt);
    const stopped = leaving.stop();
    expect(await post(agents[1])).toMatchObject({ status: 204, connection: 'close' });
    await stopped;
    // A timer may be a millisecond early.
    expect(await closed).toBeGreaterThan(DRAIN_SECONDS * 1_000 - 10);
    for (const agent of agents) agent.destroy();
  });

  it('as a process drains on the first signal, and ends at once on the second', async () => {
    const env = { ...process.env, ...leavingEnv(60) };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    const lines = createInterface(child.stdout);
    const firstLine: string = (await once(lines, 'line'))[0];
    lines.resume();
    const port: unknown = JSON.parse(firstLine).port;
    const agent = agentTo([Number(port)]);
    await vi.waitUntil(async () => (await post(agent)).status === 204, WITHIN);

    child.kill('SIGTERM');
    await vi.waitUntil(async () => (await post(agent)).connection === 'close', WITHIN);
    expect((await fetch(`http://127.0.0.1:${port}${HEALTH_PATH}`)).status).toBe(503);
    expect(await post(agent)).toMatchObject({ status: 204, connection: 'close' });
    child.kill('SIGTERM');
    expect(await ended).toEqual([1, null]);
    agent.destroy();
  });
});
