import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { mismatchKindSchema } from '../events/payment-mismatch.ts';
import { LANGUAGES, SEVERITIES } from './alert-message.ts';
import { readYamlFile } from './read-yaml-file.ts';
import { describeUnrouted } from './route-news.ts';

/** Both robots take 20 messages a minute (facts §6); DingTalk punishes one more with ten minutes of silence. */
const ROBOT_MESSAGES_PER_MINUTE = 20;

const languageSchema = z.enum(LANGUAGES).describe('zh or en; unset: that of the file');
const secretFileSchema = z.string().min(1);
const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens');
const channelsOf = z.array(nameSchema).min(1);

/** `most`: what the receiver takes; where it is unknown, what a person can still read. */
function perMinute(most: number) {
  return z
    .int()
    .min(1)
    .max(most)
    .default(ROBOT_MESSAGES_PER_MINUTE)
    .describe('Messages a minute at most; what is more is gathered into the next message');
}

const mailSchema = z.strictObject({
  type: z.literal('mail'),
  host: z.string().min(1).describe('SMTP server'),
  port: z.int().min(1).max(65_535).default(587).describe('Its port'),
  tls: z
    .enum(['starttls', 'implicit', 'none'])
    .default('starttls')
    .describe('starttls (required, never optional), implicit (port 465), or none: only for a server on this machine'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('Certificate of the server’s own authority, where it is not a public one'),
  username: z.string().min(1).optional().describe('SMTP user, with passwordFile'),
  passwordFile: secretFileSchema.optional().describe('File with the SMTP password'),
  from: z.string().min(3).describe('Sender'),
  to: z.array(z.string().min(3)).min(1).max(50).describe('Receivers'),
  perMinute: perMinute(60),
  language: languageSchema.optional(),
});

const dingtalkSchema = z.strictObject({
  type: z.literal('dingtalk'),
  url: z.url().default('https://oapi.dingtalk.com/robot/send').describe('Address of the robots, without the token'),
  accessTokenFile: secretFileSchema.describe("File with the robot's access token"),
  secretFile: secretFileSchema.describe("File with the robot's signing secret (SEC…)"),
  mentionMobiles: z
    .array(z.string().regex(/^\+?\d{5,15}$/))
    .default([])
    .describe('Numbers to @ when it is critical'),
  perMinute: perMinute(ROBOT_MESSAGES_PER_MINUTE),
  language: languageSchema.optional(),
});

const wecomSchema = z.strictObject({
  type: z.literal('wecom'),
  url: z
    .url()
    .default('https://qyapi.weixin.qq.com/cgi-bin/webhook/send')
    .describe('Address of the robots, without key'),
  keyFile: secretFileSchema.describe("File with the robot's key"),
  mentionUsers: z.array(z.string().min(1)).default([]).describe('User ids to @ when it is critical'),
  perMinute: perMinute(ROBOT_MESSAGES_PER_MINUTE),
  language: languageSchema.optional(),
});

const webhookSchema = z.strictObject({
  type: z.literal('webhook'),
  url: z.url().describe('Where each message is POSTed as JSON, signed as Standard Webhooks are'),
  secretFile: secretFileSchema.describe('File with the signing secret (whsec_…)'),
  perMinute: perMinute(600),
  language: languageSchema.optional(),
});

const channelSchema = z.discriminatedUnion('type', [mailSchema, dingtalkSchema, wecomSchema, webhookSchema]);

const routeSchema = z.strictObject({
  severities: z.array(z.enum(SEVERITIES)).min(1).optional().describe('Unset: all'),
  kinds: z.array(mismatchKindSchema).min(1).optional().describe('Kinds of mismatch; unset: all, and alerts'),
  alerts: z.array(z.string().min(1)).min(1).optional().describe('Names of alerts; unset: all, and mismatches'),
  to: channelsOf.describe('Channels'),
});

const seconds = (fallback: number) => z.number().min(0).max(3_600).default(fallback);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM');

export const alertsFileSchema = z.strictObject({
  language: z.enum(LANGUAGES).default('zh').describe('Language of the messages'),
  consoleUrl: z.url().optional().describe('Address of the console; messages link to the order there'),
  channels: z.record(nameSchema, channelSchema).describe('Ways to reach people, by name'),
  routes: z.array(routeSchema).min(1).describe('Who is told of what: the first route that matches counts'),
  fallback: nameSchema.optional().describe('Channel that takes over what another one cannot deliver'),
  fallbackAfterSeconds: seconds(300).describe('How long a channel may fail before the fallback takes over'),
  severities: z
    .partialRecord(mismatchKindSchema, z.enum(SEVERITIES))
    .default({})
    .describe('Severity of a kind of mismatch where it is to differ from the usual one'),
  groupSeconds: z
    .strictObject({
      critical: seconds(1).describe('Of critical ones'),
      warning: seconds(30).describe('Of warnings'),
      info: seconds(30).describe('Of news'),
    })
    .prefault({})
    .describe('How long a first notice waits for others to share its message'),
  escalation: z
    .array(
      z.strictObject({
        severity: z.enum(SEVERITIES).describe('Of the mismatch'),
        afterMinutes: z.number().positive().max(43_200).describe('Open for so long since it was found'),
        to: channelsOf.describe('Channels'),
      }),
    )
    .default([])
    .describe('Who is told when a mismatch stays open; each step once, in order of time'),
  digest: z
    .strictObject({
      at: z.array(timeOfDay).min(1).default(['09:00']).describe('When'),
      timeZone: z.string().default('Asia/Shanghai').describe('Where'),
      to: channelsOf.describe('Channels'),
    })
    .optional()
    .describe('What repaired itself before anybody was told, in one message'),
  watchdog: z
    .strictObject({
      silentAfterMinutes: z.number().positive().max(1_440).default(15).describe('No Watchdog alert for so long'),
      to: channelsOf.describe('Channels'),
    })
    .optional()
    .describe('Who is told when Prometheus or Alertmanager falls silent'),
  shop: z
    .strictObject({
      url: z.url().describe('Where each credit is POSTed, signed as Standard Webhooks are'),
      secretFile: secretFileSchema.describe('File with the signing secret (whsec_…)'),
      credits: z.enum(['repaired', 'all']).default('repaired').describe('Which credits'),
    })
    .optional()
    .describe('Tells the shop of credits, so that it can tell its users'),
});

export const alertsFileVariable = z
  .string()
  .min(1)
  .describe('Path of alerts.yaml: channels, and who is told of what (docs/alerts-file.md)');

/** alerts.yaml, read and checked; paths are absolute. */
export type AlertsFile = z.output<typeof alertsFileSchema>;
export type ChannelSettings = z.output<typeof channelSchema>;
export type MailSettings = z.output<typeof mailSchema>;
export type DingtalkSettings = z.output<typeof dingtalkSchema>;
export type WecomSettings = z.output<typeof wecomSchema>;
export type WebhookSettings = z.output<typeof webhookSchema>;
export type ShopWebhookSettings = NonNullable<AlertsFile['shop']>;

/**
 * Reads alerts.yaml: relative paths count from the file's folder, every channel that is named exists, and whatever
 * may happen is taken by a route. Opens no secret (whoever sends does). Throws ConfigError naming the field.
 */
export function loadAlertsFile(path: string): AlertsFile {
  const file = parseFile(path);
  for (const [field, names] of namedChannels(file)) {
    const unknown = names.find((name) => !Object.hasOwn(file.channels, name));
    if (unknown !== undefined) {
      throw new ConfigError(`${path}: ${field} names the channel ${unknown}, which stands nowhere under channels.`);
    }
  }
  const unrouted = describeUnrouted(file);
  if (unrouted.length > 0) {
    throw new ConfigError(
      `${path}: routes: nobody would hear of ${unrouted.join(', ')}; end with a route that has nothing but its channels (- to: […]).`,
    );
  }
  const folder = dirname(resolve(path));
  const channels = Object.entries(file.channels).map(([name, channel]) => [name, absolutePaths(channel, folder)]);
  return {
    ...file,
    channels: Object.fromEntries(channels),
    ...(file.shop === undefined ? {} : { shop: absolutePaths(file.shop, folder) }),
  };
}

function parseFile(path: string): AlertsFile {
  const parsed = alertsFileSchema.safeParse(readYamlFile(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigError(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is not valid'}.`);
}

function* namedChannels(file: AlertsFile): Generator<[field: string, names: readonly string[]]> {
  for (const [index, route] of file.routes.entries()) yield [`routes.${index}.to`, route.to];
  for (const [index, step] of file.escalation.entries()) yield [`escalation.${index}.to`, step.to];
  if (file.fallback !== undefined) yield ['fallback', [file.fallback]];
  if (file.digest !== undefined) yield ['digest.to', file.digest.to];
  if (file.watchdog !== undefined) yield ['watchdog.to', file.watchdog.to];
}

/** Every field whose name ends in File holds a path. */
function absolutePaths<T extends object>(settings: T, folder: string): T {
  const entries = Object.entries(settings).map(([name, value]) => [
    name,
    name.endsWith('File') && typeof value === 'string' ? resolve(folder, value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
