import { parseArgs } from 'node:util';
import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const seconds = (fallback: number) => z.coerce.number().min(0.1).max(86_400).default(fallback);

const settingsSchema = z.strictObject({
  state: z.string().min(1).default('.receivers'),
  host: z.string().min(1).default('127.0.0.1'),
  port: port(8025),
  'smtp-port': port(1025),
  'smtp-tls-port': port(1465),
  'window-seconds': seconds(60),
  'silence-seconds': seconds(600),
});
export type Settings = z.infer<typeof settingsSchema>;

export const HELP = `Usage: receivers [options]

A mail server, a DingTalk robot, a WeCom robot and two signed webhooks on this machine, which check like the real ones
(signature, size, rate) and deliver nothing: one page shows all messages, GET /messages has them as JSON, PUT
/faults/<channel> makes a receiver fail.

  --state DIR            folder for secrets, certificate and receivers.json, which names all addresses (default .receivers)
  --host ADDRESS         (default 127.0.0.1)
  --port PORT            page, control API, robots and webhooks (default 8025; 0 picks a free one)
  --smtp-port PORT       SMTP with STARTTLS (default 1025)
  --smtp-tls-port PORT   SMTP with TLS from the first byte (default 1465)
  --window-seconds N     the minute in which a robot takes 20 messages (default 60)
  --silence-seconds N    how long DingTalk's robot is silent after one message too many (default 600)

Channels: mail, dingtalk, wecom, webhook, shop.`;

export type Reading = { kind: 'run'; settings: Settings } | { kind: 'help' } | { kind: 'invalid'; message: string };

export function readSettings(args: readonly string[]): Reading {
  if (args.includes('--help')) return { kind: 'help' };
  const names = Object.keys(settingsSchema.shape);
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...args], options });
    const parsed = settingsSchema.safeParse(values);
    if (parsed.success) return { kind: 'run', settings: parsed.data };
    const issue = parsed.error.issues[0];
    return { kind: 'invalid', message: `--${issue?.path.join('.')}: ${issue?.message}; --help lists the options.` };
  } catch (err) {
    return {
      kind: 'invalid',
      message: `${err instanceof Error ? err.message : String(err)} --help lists the options.`,
    };
  }
}
