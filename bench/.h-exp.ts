import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openTraceCollector } from '@payguard/local/load/trace-collector';
import { openBenchWorld } from './bench-world.ts';
import { fillDatabase, fillTopic } from './fill-points.ts';
import { randomBytes } from 'node:crypto';
const w = await openBenchWorld(console.log); const c = await openTraceCollector();
const N = 20000; await fillDatabase(w, N);
const start = async (env: Record<string,string>) => { const ch = fork(join(import.meta.dirname,'points-process.ts'),{env:{...process.env,KAFKA_BROKERS:w.brokers.join(),DATABASE_URL:w.databaseUrl,MERCHANTS_FILE:w.merchantsFile,...env}}); await once(ch,'message'); return ch; };
const off = await start({}); const on = await start({OTEL_EXPORTER_OTLP_ENDPOINT:c.endpoint,OTEL_TRACES_SAMPLER_ARG:'0.01'});
const tp = (share: number) => (n: number) => { const id = randomBytes(24).toString('hex'); return `00-${id.slice(0,32)}-${id.slice(32)}-${n%100<share*100?'01':'00'}`; };
const combos = { offNone: [off, undefined], offTp: [off, tp(0.01)], onNone: [on, undefined], onTp0: [on, tp(0)], onTp: [on, tp(0.01)] } as const;
const res: Record<string, {w:number[];c:number[]}> = {};
for (let r=0;r<=7;r++) { const names = Object.keys(combos); if (r%2) names.reverse(); for (const k of names) { const [ch, f] = combos[k as keyof typeof combos]; await fillTopic(w, N, f); ch.send(N); const [m] = await once(ch,'message') as any; if (r) { (res[k] ??= {w:[],c:[]}).w.push(m.perSecond); res[k].c.push(m.perCpuSecond); } } }
const med=(a:number[])=>[...a].sort((x,y)=>x-y)[a.length>>1]!;
for (const k in res) console.log(k, 'wall', med(res[k]!.w).toFixed(0), 'cpu', med(res[k]!.c).toFixed(0), 'ratio to offNone wall', med(res[k]!.w.map((x,i)=>x/res.offNone!.w[i]!)).toFixed(3), 'cpu', med(res[k]!.c.map((x,i)=>x/res.offNone!.c[i]!)).toFixed(3));
off.disconnect(); on.disconnect(); await c.close(); await w.stop(); process.exit(0);
