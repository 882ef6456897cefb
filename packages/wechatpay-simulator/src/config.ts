import { parseArgs } from 'node:util';
import { z } from 'zod';
import { isAllowedSpeed, SPEED_RULE } from './clock/accelerated-clock.ts';
import { CLOCK_MODES } from './clock/clock.ts';
import { explainInvalid } from './explain-invalid.ts';
import type { MerchantSpec } from './merchants/generate-merchant.ts';
import { instantSchema, notifyUrlSchema } from './orders/order-rules.ts';
import { DEFAULT_CONCURRENCY } from './simulator.ts';

/** `mchid[:appid[:mode[:share]]]`, as in `1900000001:wx0123456789abcdef:rotating:0.2`. */
const merchantSchema = z
  .string()
  .regex(/^\d{8,10}(:[0-9A-Za-z]{1,32}(:(certificate|public-key|rotating(:(0(\.\d+)?|1))?))?)?$/, {
    error:
      'must be MCHID[:APPID[:certificate|public-key|rotating[:SHARE]]], MCHID of 8 to 10 digits, SHARE from 0 to 1',
  })
  .transform((text): MerchantSpec => {
    const [mchid = '', appid, modeText, share] = text.split(':');
    const mode = z.enum(['certificate', 'public-key', 'rotating']).optional().parse(modeText);
    return { mchid, appid, mode, publicKeyShare: share === undefined ? undefined : Number(share) };
  });

const PUBLIC_URL_RULE = 'must be a full http or https URL without ? or #, because addresses are appended to it';

function wholeNumber(lowest: number, highest: number) {
  const error = `must be a whole number from ${lowest} to ${highest}`;
  return z.coerce.number({ error }).int({ error }).min(lowest, { error }).max(highest, { error });
}

/** Every flag; help-text.ts says what each is for. */
export const flagsSchema = z.strictObject({
  port: wholeNumber(0, 65_535).default(0),
  host: z.string().min(1).default('127.0.0.1'),
  'tls-port': wholeNumber(0, 65_535).optional(),
  'public-url': z
    .url({ protocol: /^https?$/, error: PUBLIC_URL_RULE })
    .refine((url) => !/[?#]/.test(url), { error: PUBLIC_URL_RULE })
    .transform((url) => url.replace(/\/$/, ''))
    .optional(),
  'ready-file': z.string().min(1).optional(),
  state: z.string().min(1).optional(),
  keys: z.string().min(1).optional(),
  merchant: z
    .array(merchantSchema)
    .min(1)
    .default([{ mchid: '1900000001' }]),
  clock: z.enum(CLOCK_MODES).default('real'),
  'clock-start': instantSchema.optional(),
  speed: z.coerce.number({ error: SPEED_RULE }).refine(isAllowedSpeed, { error: SPEED_RULE }).optional(),
  'notify-url': notifyUrlSchema.optional(),
  concurrency: wholeNumber(1, 512).default(DEFAULT_CONCURRENCY),
  seed: z.string().min(1).optional(),
});

const settingsSchema = flagsSchema.refine(({ clock, speed }) => speed === undefined || clock === 'accelerated', {
  path: ['speed'],
  error: 'belongs to an accelerated clock; give --clock accelerated with it',
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsOutcome =
  | { readonly kind: 'run'; readonly settings: Settings }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'invalid'; readonly message: string };

const ENV_PREFIX = 'WECHATPAY_SIMULATOR_';

/** Settings from flags, and for those not given from `WECHATPAY_SIMULATOR_…`: `--notify-url` is `…_NOTIFY_URL`. */
export function readSettings(argv: readonly string[], env: NodeJS.ProcessEnv): SettingsOutcome {
  const names = Object.keys(flagsSchema.shape);
  const options = Object.fromEntries(
    names.map((name) => [name, { type: 'string' as const, multiple: name === 'merchant' }]),
  );
  const switches = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } as const;
  let flags: Readonly<Record<string, unknown>>;
  try {
    flags = parseArgs({ args: [...argv], options: { ...options, ...switches } }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('.')[0] ?? '') : String(error);
    return { kind: 'invalid', message: `${reason}; --help lists the flags.` };
  }
  const { help, version, ...givenFlags } = flags;
  if (help === true) return { kind: 'help' };
  if (version === true) return { kind: 'version' };
  const fromEnv = Object.fromEntries(names.flatMap((name) => envEntry(name, env)));
  const parsed = settingsSchema.safeParse({ ...fromEnv, ...givenFlags });
  if (parsed.success) return { kind: 'run', settings: parsed.data };
  return { kind: 'invalid', message: `The setting --${explainInvalid(parsed.error)}; --help lists the flags.` };
}

function envEntry(name: string, env: NodeJS.ProcessEnv): Array<[string, string | string[]]> {
  const value = env[ENV_PREFIX + name.toUpperCase().replaceAll('-', '_')];
  // Compose files and charts set what they leave out to nothing.
  if (value === undefined || value === '') return [];
  return [[name, name === 'merchant' ? value.split(',') : value]];
}
