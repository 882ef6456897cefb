import { readFileSync } from 'node:fs';
const p = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const self = new Map<number, number>();
p.samples.forEach((s: number, i: number) => self.set(s, (self.get(s) ?? 0) + p.timeDeltas[i]));
const byId = new Map<number, any>(p.nodes.map((n: any) => [n.id, n]));
const incl = new Map<string, number>(); let total = 0;
const name = (n: any) => `${n.callFrame.functionName} ${n.callFrame.url.replace(/.*node_modules\/\.pnpm\//, '').replace(/.*\/work\/main\//, '')}:${n.callFrame.lineNumber}`;
function walk(n: any, seen: Set<string>): number {
  const k = name(n); let t = self.get(n.id) ?? 0; const fresh = !seen.has(k); const s2 = fresh ? new Set(seen).add(k) : seen;
  for (const c of n.children ?? []) t += walk(byId.get(c), s2);
  if (fresh) incl.set(k, (incl.get(k) ?? 0) + t); return t;
}
total = walk(p.nodes[0], new Set());
const idle = (incl.get('(idle) :-1') ?? 0) + (incl.get('(program) :-1') ?? 0);
for (const [k, t] of [...incl].sort((a, b) => b[1] - a[1]).slice(0, Number(process.argv[3] ?? 70))) console.log(((100 * t) / (total - idle)).toFixed(1), k);
