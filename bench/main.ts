import { parseArgs } from 'node:util';
import { writeEvidence } from '@payguard/local/load/evidence';
import { benchGateway } from './bench-gateway.ts';
import { benchLatency } from './bench-latency.ts';
import { benchPoints } from './bench-points.ts';
import { openBenchWorld } from './bench-world.ts';
import type { Spread } from './statistics.ts';

const HELP = `npm run bench [-- --smoke] [--rounds 7] [--record]

Measures gateway and points against their limits, side by side in one run, on embedded servers of its own.
  --smoke       small sizes: does it run, and is the shape right
  --rounds N    interleaved rounds of each pair (default 7)
  --record      writes the figures with commit and machine to docs/evidence`;

const SIZES = {
  full: { callbacks: 8_000, events: 20_000, oneByOneEvents: 1_500, ratePerSecond: 200, seconds: 15 },
  smoke: { callbacks: 1_000, events: 2_000, oneByOneEvents: 200, ratePerSecond: 100, seconds: 3 },
};

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 7));
if (values.help || !Number.isInteger(rounds) || rounds < 1) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const size = { ...SIZES[values.smoke ? 'smoke' : 'full'], rounds };
const say = (line: string) => console.log(line);
const world = await openBenchWorld(say);
try {
  const latency = await benchLatency(world, size);
  say(
    `callback → credit at ${latency.ratePerSecond}/s: p50 ${latency.p50Ms.toFixed(0)} ms, p99 ${latency.p99Ms.toFixed(0)} ms`,
  );
  const gateway = await benchGateway(world, size, say);
  const points = await benchPoints(world, size, say);
  say('');
  say(`gateway ÷ bare handler, callbacks per CPU-second:  ${text(gateway.ratio)}  (wanted ≥ 0.75)`);
  say(`points ÷ its own statements, credits per second:   ${text(points.ratioToSameStatements)}  (wanted ≥ 0.75)`);
  say(`points ÷ one transaction an event:                 ${text(points.ratioToOneByOne)}  (wanted ≥ 5)`);
  say(
    `callback → committed credit: p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms, max ${latency.maxMs.toFixed(1)} ms`,
  );
  if (values.record) say(`written: ${await writeEvidence('bench', { size, latency, gateway, points })}`);
} finally {
  await world.stop();
}
process.exit(0);

function text(spread: Spread): string {
  return `${spread.median.toFixed(2)} (${spread.min.toFixed(2)} to ${spread.max.toFixed(2)})`;
}
