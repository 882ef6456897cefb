import { readFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mariadb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServers, startServers } from '../src/servers/start-servers.ts';
import { identify } from '../src/supervise/process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

/** The first run on a machine downloads the servers. */
const FIRST_START_MS = 10 * 60_000;
const TEST_MS = 60_000;

describe('the embedded servers', { timeout: TEST_MS }, () => {
  const stateDir = temporaryFolder();
  const progress: string[] = [];
  const start = () => startServers({ stateDir, onProgress: (line) => progress.push(line) });
  let servers: RunningServers;

  beforeAll(async () => {
    servers = await start();
  }, FIRST_START_MS);
  afterAll(() => servers.stop(), TEST_MS);

  test('are a Kafka that makes topics only when asked and a MariaDB with an empty database in UTC and utf8mb4', async () => {
    await createTopic(servers, 'first');
    expect(await topicNames(servers)).toEqual(['first']);
    const [row] = await query(
      servers,
      'SELECT DATABASE() AS name, @@time_zone AS zone, @@character_set_server AS charset',
    );
    expect(row).toEqual({ name: 'payguard', zone: '+00:00', charset: 'utf8mb4' });
    expect(await query(servers, 'SHOW TABLES')).toEqual([]);
  });

  test('keep what they acknowledged, and their ports, over a kill and a restart', async () => {
    await createTopic(servers, 'kept');
    await send(servers, 'kept', 'paid');
    await query(servers, 'CREATE TABLE kept (id INT PRIMARY KEY)');
    await query(servers, 'INSERT INTO kept VALUES (7)');
    const before = { kafka: servers.kafka.pid, mariadb: servers.mariadb.pid };

    await Promise.all([servers.kafka.kill(), servers.mariadb.kill()]);
    expect([identify(before.kafka), identify(before.mariadb)]).toEqual([undefined, undefined]);
    await Promise.all([servers.kafka.restart(), servers.mariadb.restart()]);

    expect(await query(servers, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
    expect(await highWatermark(servers, 'kept')).toBe('1');
    expect(servers.kafka.pid).not.toBe(before.kafka);
    expect(servers.mariadb.pid).not.toBe(before.mariadb);
  });

  test('hang while paused and answer when resumed', async () => {
    for (const server of [servers.kafka, servers.mariadb]) {
      server.pause();
      await waitUntil(`${server.name} is stopped`, () => processState(server.pid) === 'T');
    }
    const impatient = { host: '127.0.0.1', port: servers.mariadb.port, user: 'root', connectTimeout: 200 };
    await expect(createConnection(impatient)).rejects.toMatchObject({ code: 'ER_CONNECTION_TIMEOUT' });
    const answer = query(servers, 'SELECT 1 AS one');
    const names = topicNames(servers);
    servers.kafka.resume();
    servers.mariadb.resume();
    expect(await answer).toEqual([{ one: 1 }]);
    expect(await names).toContain('first');
  });

  test('are refused a second time on the same state directory, in one sentence that says whose it is', async () => {
    await expect(start()).rejects.toMatchObject({
      code: 'state_dir_in_use',
      message: `${stateDir} is in use by a running payguard (pid ${process.pid}): stop it first, or choose another state directory.`,
    });
  });

  test('report an end that nobody asked for', async () => {
    process.kill(servers.mariadb.pid, 'SIGKILL');
    const line = `mariadb ended unexpectedly (signal SIGKILL), see ${servers.mariadb.log}`;
    await waitUntil('the end is reported', () => progress.includes(line));
    await servers.mariadb.restart();
    expect(await query(servers, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('stop even when paused, may be stopped twice, and start again on their data', async () => {
    const { kafka, mariadb } = servers;
    kafka.pause();
    mariadb.pause();
    await Promise.all([servers.stop(), servers.stop()]);
    expect([identify(kafka.pid), identify(mariadb.pid)]).toEqual([undefined, undefined]);

    servers = await start();
    expect(await topicNames(servers)).toContain('kept');
    expect(await query(servers, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  });
});

async function query(servers: RunningServers, sql: string): Promise<unknown[]> {
  const connection = await createConnection(servers.mariadb.url.replace('mysql:', 'mariadb:'));
  try {
    const rows: unknown = await connection.query(sql);
    return Array.isArray(rows) ? [...rows] : [rows];
  } finally {
    await connection.end();
  }
}

function client(servers: RunningServers): Kafka {
  return new Kafka({ brokers: servers.kafka.brokers, logLevel: logLevel.NOTHING });
}

async function withAdmin<T>(
  servers: RunningServers,
  use: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
): Promise<T> {
  const admin = client(servers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

const topicNames = (servers: RunningServers) => withAdmin(servers, (admin) => admin.listTopics());
const createTopic = (servers: RunningServers, topic: string) =>
  withAdmin(servers, (admin) => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }));
const highWatermark = (servers: RunningServers, topic: string) =>
  withAdmin(servers, async (admin) => (await admin.fetchTopicOffsets(topic))[0]?.high);

async function send(servers: RunningServers, topic: string, value: string): Promise<void> {
  const producer = client(servers).producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ value }] });
  await producer.disconnect();
}

/** proc(5): the state is the letter after the name in parentheses. */
function processState(pid: number): string | undefined {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}
