import { join } from 'node:path';
import type { SignedCallback } from '@payguard/local/load/signed-callbacks';
import { createCallbackSender, signCallback } from '@payguard/local/load/signed-callbacks';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import type { BenchWorld } from './bench-world.ts';
import type { MeasuredProcess } from './measured-process.ts';
import { startMeasured } from './measured-process.ts';
import type { Spread } from './statistics.ts';
import { spread, spreadOfRatios } from './statistics.ts';

const CONNECTIONS = 64;

export type GatewayFigures = {
  callbacksPerRound: number;
  /** Accepted and acknowledged callbacks per CPU-second. */
  gateway: Spread;
  bare: Spread;
  /** Round by round. */
  ratio: Spread;
};

/** Interleaved rounds of the same callbacks against the gateway and against a bare handler. */
export async function benchGateway(
  world: BenchWorld,
  size: { rounds: number; callbacks: number },
  say: (line: string) => void,
): Promise<GatewayFigures> {
  const gateway = await startMeasuredGateway('gateway', world, {});
  const barePort = await findFreePort();
  const bare = await startMeasured(
    'bare-handler',
    join(import.meta.dirname, 'bare-handler.ts'),
    { ...environmentOf(world), PORT: String(barePort) },
    `http://127.0.0.1:${barePort}/health`,
  );
  try {
    return await interleave(world, size, say, [
      gateway,
      { process: bare, url: `http://127.0.0.1:${barePort}/callback` },
    ]);
  } finally {
    await Promise.all([gateway.process.stop(), bare.stop()]);
  }
}

export type Target = { process: MeasuredProcess; url: string };

/** The gateway as a process whose CPU time is counted. */
export async function startMeasuredGateway(
  name: string,
  world: BenchWorld,
  env: Record<string, string>,
): Promise<Target> {
  const [port, metricsPort] = [await findFreePort(), await findFreePort()];
  const gateway = await startMeasured(
    name,
    join(import.meta.dirname, '../services/callback-gateway/src/main.ts'),
    { ...environmentOf(world), PORT: String(port), METRICS_PORT: String(metricsPort), HOST: '127.0.0.1', ...env },
    `http://127.0.0.1:${metricsPort}/health/ready`,
  );
  return { process: gateway, url: `http://127.0.0.1:${port}/api/payment/wechat/callback` };
}

function environmentOf(world: BenchWorld): Record<string, string> {
  return { KAFKA_BROKERS: world.brokers.join(','), MERCHANTS_FILE: world.merchantsFile, LOG_LEVEL: 'info' };
}

async function interleave(
  world: BenchWorld,
  size: { rounds: number; callbacks: number },
  say: (line: string) => void,
  [gateway, bare]: [Target, Target],
): Promise<GatewayFigures> {
  const rates: { gateway: number[]; bare: number[] } = { gateway: [], bare: [] };
  for (let round = 0; round <= size.rounds; round += 1) {
    const callbacks = await signMany(world, Math.min(size.callbacks, 1_000));
    // Round 0 warms both up and is not counted; the first of a pair alternates.
    const first = await perCpuSecond(round % 2 === 0 ? gateway : bare, callbacks, size.callbacks);
    const second = await perCpuSecond(round % 2 === 0 ? bare : gateway, callbacks, size.callbacks);
    const [ours, theirs] = round % 2 === 0 ? [first, second] : [second, first];
    if (round === 0) continue;
    rates.gateway.push(ours);
    rates.bare.push(theirs);
    say(`gateway round ${round}: ${ours.toFixed(0)} callbacks per CPU-second, bare ${theirs.toFixed(0)}`);
  }
  return {
    callbacksPerRound: size.callbacks,
    gateway: spread(rates.gateway),
    bare: spread(rates.bare),
    ratio: spreadOfRatios(rates.gateway, rates.bare),
  };
}

export async function signMany(world: BenchWorld, count: number): Promise<SignedCallback[]> {
  const orders = Array.from({ length: count }, (_, n) => ({
    outTradeNo: `BENCH${Date.now()}${n}`,
    total: 100,
    transactionId: `42${Date.now()}${n}`,
  }));
  return Promise.all(orders.map((order) => signCallback(world.merchant, order)));
}

/** Sends `count` callbacks, each of them again when they are fewer: to the gateway a repetition is one more callback. */
export async function perCpuSecond(target: Target, callbacks: SignedCallback[], count: number): Promise<number> {
  const sender = createCallbackSender(target.url, CONNECTIONS);
  const before = target.process.cpuSeconds();
  let next = 0;
  let accepted = 0;
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    while (next < count) {
      const callback = callbacks[next++ % callbacks.length];
      if (callback !== undefined && (await sender.send(callback)) === 204) accepted += 1;
    }
  });
  await Promise.all(workers);
  sender.close();
  if (accepted !== count) throw new Error(`${count - accepted} of ${count} callbacks were not accepted`);
  return accepted / (target.process.cpuSeconds() - before);
}
