import { parseArgs } from 'node:util';
import { writeEvidence } from '@payguard/local/load/evidence';
import { benchServices, sayServices } from './bench-services.ts';
import { benchSimulator, saySimulator } from './bench-simulator.ts';
import { benchTracing, sayTracing } from './bench-tracing.ts';

const HELP = `npm run bench [-- --smoke] [--rounds 7] [--only simulator|services|tracing] [--record]

Measures gateway, points and simulator against their limits, and what tracing costs, side by side in one run, on
embedded servers of its own.
  --only PART   the simulator alone (needs no servers), the services alone, or the cost of tracing alone
  --smoke       small sizes: does it run, and is the shape right
  --rounds N    interleaved rounds of each pair (default 7)
  --record      writes the figures with commit and machine to docs/evidence`;

const SIZES = {
  full: {
    services: { callbacks: 8_000, events: 20_000, oneByOneEvents: 1_500, ratePerSecond: 200, seconds: 15 },
    simulator: { deliveries: 6_000, queries: 6_000, openOrders: 100_000 },
    tracing: { callbacks: 8_000, events: 20_000 },
  },
  smoke: {
    services: { callbacks: 500, events: 1_000, oneByOneEvents: 100, ratePerSecond: 100, seconds: 1 },
    simulator: { deliveries: 300, queries: 300, openOrders: 3_000 },
    tracing: { callbacks: 300, events: 500 },
  },
};

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 7));
const PARTS = ['simulator', 'services', 'tracing'];
const parts = values.only === undefined ? PARTS : [values.only];
const isUnderstood = Number.isInteger(rounds) && rounds >= 1 && PARTS.includes(parts[0] ?? '');
if (values.help || !isUnderstood) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

const sizes = SIZES[values.smoke ? 'smoke' : 'full'];
const say = (line: string) => console.log(line);
const simulator = parts.includes('simulator') ? await benchSimulator({ ...sizes.simulator, rounds }, say) : undefined;
const services = parts.includes('services') ? await benchServices({ ...sizes.services, rounds }, say) : undefined;
const tracing = parts.includes('tracing') ? await benchTracing({ ...sizes.tracing, rounds }, say) : undefined;

say('');
if (services !== undefined) sayServices(services, say);
if (simulator !== undefined) saySimulator(simulator, say);
if (tracing !== undefined) sayTracing(tracing, say);
if (values.record) say(`written: ${await writeEvidence('bench', { rounds, ...services, simulator, tracing })}`);
process.exit(0);
