// group: attribute self time to nearest ancestor category
import { readFileSync } from 'node:fs';
const p = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const self = new Map<number, number>();
p.samples.forEach((s: number, i: number) => self.set(s, (self.get(s) ?? 0) + p.timeDeltas[i]));
const byId = new Map<number, any>(p.nodes.map((n: any) => [n.id, n]));
const cats: [string, RegExp][] = [['modules', /node:internal\/modules|esm|wrapSafe|compileSource/], ['rsa', /isSignatureValid/], ['gcm', /openResource/], ['parseJson+zod', /parseJson/], ['toEventRecord', /toEventRecord/], ['log', /pino/], ['callbackLog.add', /callback-log.*|createLogPage/], ['metrics', /prom-client|metrics\.ts/], ['kafka-encode', /produce\/v3/], ['kafka-other', /kafkajs/], ['publisher', /micro-batch/], ['reply', /reply\.js/], ['fastify', /fastify|find-my-way/], ['http-in', /parserOn|_http_|streams/], ['route', /callback-route|verify-notification/], ['gc', /garbage/], ['idle', /\(idle\)/], ['program', /\(program\)/]];
const out = new Map<string, number>(); let total = 0;
function walk(n: any, cat: string) { const k = `${n.callFrame.functionName} ${n.callFrame.url}`; let c = cat; for (const [name, re] of cats) if (re.test(k)) { c = name; break; }
  if (cat === 'callbackLog.add' && c === 'kafka-encode') c = 'kafka-encode';
  const t = self.get(n.id) ?? 0; out.set(c, (out.get(c) ?? 0) + t); total += t; for (const ch of n.children ?? []) walk(byId.get(ch), c); }
walk(p.nodes[0], 'root');
const busy = total - (out.get('idle') ?? 0) - (out.get('modules') ?? 0);
const n = Number(process.argv[3]);
for (const [k, t] of [...out].sort((a, b) => b[1] - a[1])) console.log(k.padEnd(18), (100 * t / busy).toFixed(1), '%', (t / n).toFixed(1), 'us/callback');
