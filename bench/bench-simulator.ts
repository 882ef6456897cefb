import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import { prepareQueries } from './bench-queries.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';
import { callControl, findMerchant, payInBulk, waitForSummary } from './simulator-control.ts';
import { type Spread, spread, spreadOfRatios, spreadText } from './statistics.ts';

/** Twice the simulator's own look at whether a burst is over, and the collection. */
const QUIET_MS = 6_000;

export type SimulatorSize = { rounds: number; deliveries: number; queries: number; openOrders: number };

/** `residentMiB`: while they wait; `afterBurstMiB`: right after the sends that all failed. */
export type OpenOrders = { orders: number; residentMiB: number; afterBurstMiB: number };

export type SimulatorFigures = {
  size: SimulatorSize;
  /** Per CPU-second of the process that does it. */
  signatures: Spread;
  deliveries: Spread;
  queries: Spread;
  /** Round by round: what the simulator does per CPU-second, of what signing alone would do. */
  deliveriesToSigning: Spread;
  queriesToSigning: Spread;
  /** The same by wall clock, with the receiver (or the caller) on the same cores. */
  deliveriesToSigningByWallClock: Spread;
  openOrders: OpenOrders;
};

/** The simulator flat out, against signing alone: interleaved rounds, each in a process of its own. */
export async function benchSimulator(size: SimulatorSize, say: (line: string) => void): Promise<SimulatorFigures> {
  const openOrders = await measureOpenOrders(size.openOrders);
  say(
    `${openOrders.orders} open orders with their retry timers: ${openOrders.residentMiB.toFixed(0)} MiB (${openOrders.afterBurstMiB.toFixed(0)} right after the sends)`,
  );
  const receiver = await startReceiver();
  const simulator = await startSimulator('simulator', {});
  const signer = await startSigner();
  const rates = new Rates();
  try {
    const merchant = await findMerchant(simulator.url);
    for (let round = 0; round <= size.rounds; round += 1) {
      const signing = await measure(signer.process, size.deliveries, () => callSigner(signer.url, size.deliveries));
      const delivering = await measure(simulator.process, size.deliveries, () =>
        deliver(simulator.url, receiver.url, size.deliveries),
      );
      const query = await prepareQueries(simulator.url, merchant);
      const querying = await measure(simulator.process, size.queries, () => query(size.queries));
      // Round 0 warms all up and is not counted.
      if (round === 0) continue;
      rates.signatures.push(signing.perCpuSecond);
      rates.signaturesByWallClock.push(signing.perSecond);
      rates.deliveries.push(delivering.perCpuSecond);
      rates.deliveriesByWallClock.push(delivering.perSecond);
      rates.queries.push(querying.perCpuSecond);
      say(
        `simulator round ${round}, per CPU-second: ${signing.perCpuSecond.toFixed(0)} signatures, ${delivering.perCpuSecond.toFixed(0)} deliveries, ${querying.perCpuSecond.toFixed(0)} queries`,
      );
    }
  } finally {
    await Promise.all([simulator.process.stop(), signer.process.stop(), receiver.process.stop()]);
  }
  return { size, ...rates.figures(), openOrders };
}

/** What each round measured. */
class Rates {
  readonly signatures: number[] = [];
  readonly deliveries: number[] = [];
  readonly queries: number[] = [];
  readonly signaturesByWallClock: number[] = [];
  readonly deliveriesByWallClock: number[] = [];

  figures() {
    return {
      signatures: spread(this.signatures),
      deliveries: spread(this.deliveries),
      queries: spread(this.queries),
      deliveriesToSigning: spreadOfRatios(this.deliveries, this.signatures),
      queriesToSigning: spreadOfRatios(this.queries, this.signatures),
      deliveriesToSigningByWallClock: spreadOfRatios(this.deliveriesByWallClock, this.signaturesByWallClock),
    };
  }
}

export function saySimulator(figures: SimulatorFigures, say: (line: string) => void): void {
  const { orders, residentMiB } = figures.openOrders;
  say(
    `simulator's deliveries ÷ signing, per CPU-second:   ${spreadText(figures.deliveriesToSigning)}  (wanted ≥ 0.70)`,
  );
  say(`simulator's queries ÷ signing, per CPU-second:      ${spreadText(figures.queriesToSigning)}  (wanted ≥ 0.70)`);
  say(`simulator's deliveries ÷ signing, by wall clock:    ${spreadText(figures.deliveriesToSigningByWallClock)}`);
  say(`simulator with ${orders} open orders: ${residentMiB.toFixed(0)} MiB resident  (wanted < 300)`);
}

type Started = { process: MeasuredProcess; url: string };

async function startReceiver(): Promise<Started> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(import.meta.dirname, 'bare-receiver.ts');
  return { process: await startMeasured('bare-receiver', file, { PORT: String(port) }, `${url}/`), url };
}

async function startSigner(): Promise<Started> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(import.meta.dirname, 'bare-signer.ts');
  return { process: await startMeasured('bare-signer', file, { PORT: String(port) }, `${url}/?count=1`), url };
}

async function startSimulator(name: string, settings: Readonly<Record<string, string>>): Promise<Started> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(import.meta.dirname, '../packages/wechatpay-simulator/src/main.ts');
  const env = { ...settings, ...GIVING_BACK, WECHATPAY_SIMULATOR_PORT: String(port) };
  return { process: await startMeasured(name, file, env, `${url}/control/v1/health`), url };
}

type Rate = { perSecond: number; perCpuSecond: number };

async function measure(process: MeasuredProcess, count: number, work: () => Promise<void>): Promise<Rate> {
  const cpuBefore = process.cpuSeconds();
  const before = performance.now();
  await work();
  const seconds = (performance.now() - before) / 1000;
  return { perSecond: count / seconds, perCpuSecond: count / (process.cpuSeconds() - cpuBefore) };
}

async function callSigner(url: string, count: number): Promise<void> {
  const response = await fetch(`${url}/?count=${count}`, { method: 'POST' });
  await response.text();
}

/** Creates orders, pays them all at once, and resolves when every notification was accepted. */
async function deliver(simulatorUrl: string, receiverUrl: string, count: number): Promise<void> {
  await callControl(simulatorUrl, 'POST', '/reset');
  await payInBulk(simulatorUrl, `${receiverUrl}/accept`, count);
  await waitForSummary(simulatorUrl, (summary) => summary.delivered === count);
}

/** As the simulator's README advises where many orders wait: glibc then gives back what a burst of sends took. */
const GIVING_BACK = { MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };

/** Orders paid whose receiver refuses, so that each waits for its first retry (the clock stands still). */
async function measureOpenOrders(count: number): Promise<OpenOrders> {
  const receiver = await startReceiver();
  const simulator = await startSimulator('simulator-open-orders', { WECHATPAY_SIMULATOR_CLOCK: 'manual' });
  try {
    await payInBulk(simulator.url, `${receiver.url}/refuse`, count);
    await waitForSummary(simulator.url, (summary) => (summary.attemptsByStatus['500'] ?? 0) >= count);
    const peakMiB = simulator.process.residentMiB();
    // It gives memory back two seconds after a burst; without a burst worth it, this is what it has.
    await delay(QUIET_MS);
    return { orders: count, residentMiB: simulator.process.residentMiB(), afterBurstMiB: peakMiB };
  } finally {
    await Promise.all([simulator.process.stop(), receiver.process.stop()]);
  }
}
