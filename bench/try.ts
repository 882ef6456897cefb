import { openBenchWorld } from './bench-world.ts';
import { benchGateway } from './bench-gateway.ts';
const w = await openBenchWorld(console.log);
try { console.log(await benchGateway(w, { rounds: Number(process.argv[2] ?? 5), callbacks: 8000 }, console.log)); } finally { await w.stop(); }
process.exit(0);
