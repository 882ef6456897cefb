import { parseArgs } from 'node:util';
import { z } from 'zod';
import { DEFAULT_SPEED, isAllowedSpeed, MAX_SPEED, SPEED_RULE } from './clock/accelerated-clock.ts';
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

function wholeNumber(lowest: number, highest: number) {
  const error = `must be a whole number from ${lowest} to ${highest}`;
  return z.coerce.number({ error }).int({ error }).min(lowest, { error }).max(highest, { error });
}

const flagsSchema = z.strictObject({
  port: wholeNumber(0, 65_535).default(0).describe('Port to listen on; 0 takes a free one.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  state: z
    .string()
    .min(1)
    .optional()
    .describe('Directory that keeps the keys over restarts; none: new keys each start.'),
  clock: z
    .enum(CLOCK_MODES)
    .default('real')
    .describe('real; accelerated: --speed times as fast; manual: time stands still until it is advanced.'),
  'clock-start': instantSchema.optional().describe('Where a manual or accelerated clock begins (RFC 3339).'),
  speed: z.coerce
    .number({ error: SPEED_RULE })
    .refine(isAllowedSpeed, { error: SPEED_RULE })
    .optional()
    .describe(`Of an accelerated clock, 0 to ${MAX_SPEED}; ${DEFAULT_SPEED}, a minute a second, when left out.`),
  seed: z.string().min(1).optional().describe('Decides ids and payers, and keys while rotating.'),
  merchant: z
    .array(merchantSchema)
    .min(1)
    .default([{ mchid: '1900000001' }])
    .describe('MCHID[:APPID[:certificate|public-key|rotating[:SHARE]]]; may be given several times.'),
  'notify-url': notifyUrlSchema.optional().describe('Receiver for orders made through the control API.'),
  concurrency: wholeNumber(1, 512).default(DEFAULT_CONCURRENCY).describe('Sends at once.'),
  'ready-file': z.string().min(1).optional().describe('Written as JSON when listening, removed at the end.'),
});

const settingsSchema = flagsSchema.refine(({ clock, speed }) => speed === undefined || clock === 'accelerated', {
  path: ['speed'],
  error: 'belongs to an accelerated clock; give --clock accelerated with it',
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsOutcome =
  | { readonly kind: 'run'; readonly settings: Settings }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'invalid'; readonly message: string };

const ENV_PREFIX = 'WECHATPAY_SIMULATOR_';

/** Settings from flags, and for those not given from `WECHATPAY_SIMULATOR_…`: `--notify-url` is `…_NOTIFY_URL`. */
export function readSettings(argv: readonly string[], env: NodeJS.ProcessEnv): SettingsOutcome {
  const names = Object.keys(flagsSchema.shape);
  const options = Object.fromEntries(
    names.map((name) => [name, { type: 'string' as const, multiple: name === 'merchant' }]),
  );
  let flags: Readonly<Record<string, unknown>>;
  try {
    flags = parseArgs({ args: [...argv], options: { ...options, help: { type: 'boolean' } } }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('.')[0] ?? '') : String(error);
    return { kind: 'invalid', message: `${reason}; --help lists the flags.` };
  }
  if (flags.help === true) return { kind: 'help', text: helpText() };
  const fromEnv = Object.fromEntries(names.flatMap((name) => envEntry(name, env)));
  const { help: _, ...given } = { ...fromEnv, ...flags };
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return { kind: 'run', settings: parsed.data };
  return { kind: 'invalid', message: `The setting --${explainInvalid(parsed.error)}; --help lists the flags.` };
}

function envEntry(name: string, env: NodeJS.ProcessEnv): Array<[string, string | string[]]> {
  const value = env[ENV_PREFIX + name.toUpperCase().replaceAll('-', '_')];
  if (value === undefined) return [];
  return [[name, name === 'merchant' ? value.split(',') : value]];
}

function helpText(): string {
  const lines = Object.entries(flagsSchema.shape).map(
    ([name, schema]) => `  --${name.padEnd(14)} ${schema.description ?? ''}`,
  );
  return ['wechatpay-simulator: WeChat Pay APIv3 on your own machine, with faults.', '', ...lines, ''].join('\n');
}
