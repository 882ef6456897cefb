import { openBenchWorld } from './bench-world.ts';
import { benchPoints } from './bench-points.ts';
const w = await openBenchWorld(console.log);
try { console.log(await benchPoints(w, { rounds: Number(process.argv[2] ?? 3), events: 20000, oneByOneEvents: 1500 }, console.log)); } finally { await w.stop(); }
process.exit(0);
