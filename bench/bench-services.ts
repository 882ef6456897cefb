import { benchGateway, type GatewayFigures } from './bench-gateway.ts';
import { benchLatency } from './bench-latency.ts';
import { benchPoints } from './bench-points.ts';
import { openBenchWorld } from './bench-world.ts';
import { spreadText } from './statistics.ts';

export type ServicesSize = {
  rounds: number;
  callbacks: number;
  events: number;
  oneByOneEvents: number;
  ratePerSecond: number;
  seconds: number;
};

export type ServicesFigures = {
  size: ServicesSize;
  latency: Awaited<ReturnType<typeof benchLatency>>;
  gateway: GatewayFigures;
  points: Awaited<ReturnType<typeof benchPoints>>;
};

/** Gateway and points against their limits, on embedded servers of their own. */
export async function benchServices(size: ServicesSize, say: (line: string) => void): Promise<ServicesFigures> {
  const world = await openBenchWorld(say);
  try {
    const latency = await benchLatency(world, size);
    const gateway = await benchGateway(world, size, say);
    const points = await benchPoints(world, size, say);
    return { size, latency, gateway, points };
  } finally {
    await world.stop();
  }
}

export function sayServices({ latency, gateway, points }: ServicesFigures, say: (line: string) => void): void {
  say(`gateway ÷ bare handler, callbacks per CPU-second:  ${spreadText(gateway.ratio)}  (wanted ≥ 0.75)`);
  say(
    `points ÷ its own statements, credits per second:   ${spreadText(points.ratioToSameStatements)}  (wanted ≥ 0.75)`,
  );
  say(`points ÷ one transaction an event:                 ${spreadText(points.ratioToOneByOne)}  (wanted ≥ 5)`);
  say(
    `callback → committed credit at ${latency.ratePerSecond}/s: p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms, max ${latency.maxMs.toFixed(1)} ms`,
  );
}
