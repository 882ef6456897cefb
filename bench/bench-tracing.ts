import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { openTraceCollector, type TraceCollector } from '@payguard/local/load/trace-collector';
import { perCpuSecond, signMany, startMeasuredGateway } from './bench-gateway.ts';
import { type BenchWorld, openBenchWorld } from './bench-world.ts';
import { fillDatabase, fillTopic } from './fill-points.ts';
import { interleave } from './interleave.ts';
import { type Spread, spread, spreadOfRatios, spreadText } from './statistics.ts';

export type TracingSize = { rounds: number; callbacks: number; events: number };

/** With tracing ÷ without, round by round: 1 costs nothing. */
type Cost = { off: Spread; on: Spread; ratio: Spread };

export type TracingFigures = {
  size: TracingSize;
  sampled: number;
  /** Callbacks per CPU-second of the gateway. */
  gateway: Cost;
  /** Credits per CPU-second of points. */
  pointsCpu: Cost;
  /** Credits per second: mostly what the database takes, and how that scatters. */
  points: Cost;
};

/** The share that is sampled unless somebody says otherwise. */
const SAMPLED = 0.01;
const VARIANTS = ['off', 'on'] as const;

/** What tracing at 1 % costs: gateway and points with and without it, side by side, a collector on the other end. */
export async function benchTracing(size: TracingSize, say: (line: string) => void): Promise<TracingFigures> {
  const world = await openBenchWorld(say);
  const collector = await openTraceCollector();
  try {
    const gateway = await benchTracedGateway(world, collector, size, say);
    const { points, pointsCpu } = await benchTracedPoints(world, collector, size, say);
    if (collector.spans.length === 0) throw new Error('the collector got no spans: nothing was traced');
    return { size, sampled: SAMPLED, gateway, points, pointsCpu };
  } finally {
    await collector.close();
    await world.stop();
  }
}

export function sayTracing({ gateway, points, pointsCpu }: TracingFigures, say: (line: string) => void): void {
  say(`gateway traced at 1 % ÷ untraced, per CPU-second:  ${spreadText(gateway.ratio)}  (wanted ≥ 0.95)`);
  say(`points traced at 1 % ÷ untraced, per CPU-second:   ${spreadText(pointsCpu.ratio)}  (wanted ≥ 0.95)`);
  say(`points traced at 1 % ÷ untraced, per second:       ${spreadText(points.ratio)}  (the database's scatter in it)`);
}

async function benchTracedGateway(
  world: BenchWorld,
  collector: TraceCollector,
  size: TracingSize,
  say: (line: string) => void,
): Promise<Cost> {
  const off = await startMeasuredGateway('gateway-untraced', world, {});
  const on = await startMeasuredGateway('gateway-traced', world, tracingEnvironment(collector));
  const rates = { off: [] as number[], on: [] as number[] };
  try {
    await interleave(size.rounds, VARIANTS, async (round, variant) => {
      const callbacks = await signMany(world, Math.min(size.callbacks, 1_000));
      const rate = await perCpuSecond(variant === 'on' ? on : off, callbacks, size.callbacks);
      if (round > 0) rates[variant].push(rate);
      say(`tracing ${variant}, gateway round ${round}: ${rate.toFixed(0)} callbacks per CPU-second`);
    });
  } finally {
    await Promise.all([off.process.stop(), on.process.stop()]);
  }
  return costOf(rates);
}

async function benchTracedPoints(
  world: BenchWorld,
  collector: TraceCollector,
  { rounds, events }: TracingSize,
  say: (line: string) => void,
): Promise<{ points: Cost; pointsCpu: Cost }> {
  await fillDatabase(world, events);
  const processes = {
    off: await startPointsProcess(world, {}),
    on: await startPointsProcess(world, tracingEnvironment(collector)),
  };
  const rates = { off: [] as number[], on: [] as number[] };
  const cpuRates = { off: [] as number[], on: [] as number[] };
  try {
    await interleave(rounds, VARIANTS, async (round, variant) => {
      // As the gateway writes them: records of sampled traces name them.
      await fillTopic(world, events, variant === 'on' ? someTraceparent : undefined);
      const { perSecond, perCpuSecond } = await processes[variant].credit(events);
      if (round > 0) rates[variant].push(perSecond);
      if (round > 0) cpuRates[variant].push(perCpuSecond);
      say(`tracing ${variant}, points round ${round}: ${perSecond.toFixed(0)} credits/s`);
    });
  } finally {
    processes.off.stop();
    processes.on.stop();
  }
  return { points: costOf(rates), pointsCpu: costOf(cpuRates) };
}

function costOf({ off, on }: { off: number[]; on: number[] }): Cost {
  return { off: spread(off), on: spread(on), ratio: spreadOfRatios(on, off) };
}

function tracingEnvironment(collector: TraceCollector): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_TRACES_SAMPLER_ARG: String(SAMPLED) };
}

function someTraceparent(n: number): string | undefined {
  const id = randomBytes(24).toString('hex');
  return n % (1 / SAMPLED) === 0 ? `00-${id.slice(0, 32)}-${id.slice(32)}-01` : undefined;
}

type Credited = { perSecond: number; perCpuSecond: number };

async function startPointsProcess(world: BenchWorld, env: Record<string, string>) {
  const child = fork(join(import.meta.dirname, 'points-process.ts'), {
    env: {
      ...process.env,
      KAFKA_BROKERS: world.brokers.join(),
      DATABASE_URL: world.databaseUrl,
      MERCHANTS_FILE: world.merchantsFile,
      ...env,
    },
  });
  const ended = new AbortController();
  child.once('exit', () => ended.abort(new Error('points ended before it was done')));
  const next = async (): Promise<unknown> => (await once(child, 'message', { signal: ended.signal }))[0];
  await next();
  return {
    async credit(events: number): Promise<Credited> {
      child.send(events);
      return (await next()) as Credited;
    },
    stop: () => child.disconnect(),
  };
}
