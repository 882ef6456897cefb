import { readFileSync } from 'node:fs';
const p = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const self = new Map<number, number>(); const dt = p.timeDeltas; 
p.samples.forEach((s: number, i: number) => self.set(s, (self.get(s) ?? 0) + dt[i]));
const agg = new Map<string, number>(); let total = 0;
for (const n of p.nodes) { const t = self.get(n.id) ?? 0; total += t; const f = n.callFrame; const u = f.url.replace(/.*node_modules\/\.pnpm\//, '').replace(/.*\/work\/main\//, ''); const k = `${f.functionName} ${u}:${f.lineNumber}`; agg.set(k, (agg.get(k) ?? 0) + t); }
const idle = [...agg].filter(([k]) => /^\((idle|program)\)/.test(k)).reduce((s, [, t]) => s + t, 0);
for (const [k, t] of [...agg].sort((a, b) => b[1] - a[1]).slice(0, Number(process.argv[3] ?? 45))) console.log(((100 * t) / (total - idle)).toFixed(1), k);
// by url
const byUrl = new Map<string, number>();
for (const [k, t] of agg) { const u = k.split(' ').pop()!.split(':')[0]!; const g = u.split('/').slice(0, u.startsWith('node') ? 1 : 6).join('/'); byUrl.set(g, (byUrl.get(g) ?? 0) + t); }
console.log('---'); for (const [k, t] of [...byUrl].sort((a, b) => b[1] - a[1]).slice(0, 25)) console.log(((100 * t) / (total - idle)).toFixed(1), k);
