import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createCallbackSender, signCallback } from '@payguard/local/load/signed-callbacks';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import { startMeasuredGateway } from './bench-gateway.ts';
import type { BenchWorld } from './bench-world.ts';
import { startMeasured } from './measured-process.ts';
import { quantile } from './statistics.ts';

const CONNECTIONS = 64;
const SIGN_AT_ONCE = 500;
/** After the last callback; far more than any credit should take. */
const SETTLE_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export type LatencyFigures = {
  ratePerSecond: number;
  seconds: number;
  credited: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
};

/**
 * Callback sent → credit committed, at a steady rate that does not wait for answers (open loop). The end is the arrival of
 * `points.credited`, which is published after the commit, so the figure errs on the long side.
 */
export async function benchLatency(
  world: BenchWorld,
  size: { ratePerSecond: number; seconds: number },
): Promise<LatencyFigures> {
  const total = size.ratePerSecond * size.seconds;
  const numbers = Array.from({ length: total }, (_, n) => `LAT${Date.now()}_${n}`);
  await insertOrders(world, numbers);
  const gateway = await startMeasuredGateway('latency-gateway', world, {});
  const pointsMetrics = await findFreePort();
  const points = await startMeasured(
    'latency-points',
    join(import.meta.dirname, '../services/points/src/main.ts'),
    {
      KAFKA_BROKERS: world.brokers.join(','),
      MERCHANTS_FILE: world.merchantsFile,
      HOST: '127.0.0.1',
      DATABASE_URL: world.databaseUrl,
      METRICS_PORT: String(pointsMetrics),
      CONSUMER_GROUP: `latency-${Date.now()}`,
    },
    `http://127.0.0.1:${pointsMetrics}/health/ready`,
  );
  try {
    const creditedAt = await followCredits(world, new Set(numbers));
    const sentAt = await sendSteadily(world, gateway.url, numbers, size.ratePerSecond);
    const deadline = Date.now() + SETTLE_TIMEOUT_MS;
    while (creditedAt.times.size < total && Date.now() < deadline) await delay(POLL_MS);
    await creditedAt.stop();
    const latencies = numbers.flatMap((number) => {
      const [sent, credited] = [sentAt.get(number), creditedAt.times.get(number)];
      return sent === undefined || credited === undefined ? [] : [credited - sent];
    });
    if (latencies.length !== total)
      throw new Error(`${total - latencies.length} of ${total} callbacks were not credited`);
    return {
      ...size,
      credited: latencies.length,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      maxMs: Math.max(...latencies),
    };
  } finally {
    await Promise.all([gateway.process.stop(), points.stop()]);
  }
}

async function insertOrders({ pool, merchant }: BenchWorld, numbers: string[]): Promise<void> {
  await pool.query('INSERT IGNORE INTO users (id, points) VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0)');
  const rows = numbers.map(
    (number, n) => `('${number}', '${number}', ${(n % 5) + 1}, 100, '${merchant.mchid}', '${merchant.appid}', 1000)`,
  );
  await pool.query(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total) VALUES ${rows.join()}`,
  );
}

async function followCredits(world: BenchWorld, wanted: ReadonlySet<string>) {
  const times = new Map<string, number>();
  const consumer = world.kafka.consumer({ groupId: `latency-watch-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: ['points.credited'], fromBeginning: false });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    eachMessage: async ({ message }) => {
      const number = String(message.key).split(':')[1] ?? '';
      if (wanted.has(number) && !times.has(number)) times.set(number, performance.now());
    },
  });
  await joined;
  return { times, stop: () => consumer.disconnect() };
}

/** Callbacks are signed ahead, since signing costs more than receiving. */
async function sendSteadily(
  world: BenchWorld,
  url: string,
  numbers: string[],
  ratePerSecond: number,
): Promise<Map<string, number>> {
  const callbacks = [];
  for (let start = 0; start < numbers.length; start += SIGN_AT_ONCE) {
    const part = numbers.slice(start, start + SIGN_AT_ONCE);
    callbacks.push(
      ...(await Promise.all(
        part.map((number, n) =>
          signCallback(world.merchant, {
            outTradeNo: number,
            total: 1_000,
            transactionId: `43${Date.now()}${start + n}`,
          }),
        ),
      )),
    );
  }
  const sender = createCallbackSender(url, CONNECTIONS);
  const sentAt = new Map<string, number>();
  const answers: Promise<number>[] = [];
  const startedAt = performance.now();
  for (const [n, callback] of callbacks.entries()) {
    const dueAt = startedAt + (n * 1_000) / ratePerSecond;
    if (performance.now() < dueAt) await delay(dueAt - performance.now());
    sentAt.set(numbers[n] ?? '', dueAt);
    answers.push(sender.send(callback));
  }
  const refused = (await Promise.all(answers)).filter((status) => status !== 204).length;
  sender.close();
  if (refused > 0) throw new Error(`${refused} callbacks were refused`);
  return sentAt;
}
