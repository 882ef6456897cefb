import { readFileSync } from 'node:fs';
const p = JSON.parse(readFileSync(process.argv[2]!, 'utf8')); const re = new RegExp(process.argv[4]!);
const self = new Map<number, number>();
p.samples.forEach((s: number, i: number) => self.set(s, (self.get(s) ?? 0) + p.timeDeltas[i]));
const byId = new Map<number, any>(p.nodes.map((n: any) => [n.id, n])); const out = new Map<string, number>();
function walk(n: any, inside: string) { const k = `${n.callFrame.functionName} ${n.callFrame.url.replace(/.*node_modules\//, '')}:${n.callFrame.lineNumber}`; const ins = re.test(n.callFrame.url) ? k : inside; if (ins) out.set(ins, (out.get(ins) ?? 0) + (self.get(n.id) ?? 0)); for (const ch of n.children ?? []) walk(byId.get(ch), ins); }
walk(p.nodes[0], '');
for (const [k, t] of [...out].sort((a, b) => b[1] - a[1]).slice(0, 22)) console.log((t / Number(process.argv[3])).toFixed(2), k);
