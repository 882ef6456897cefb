import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { appidSchema, mchidSchema } from '../rules/wechat-fields.ts';
import { ConfigError } from './config-error.ts';

/** merchants.yaml: one schema for every service; each opens only the key files that it may see (ARCHITECTURE.md). */
const merchantSchema = z.strictObject({
  mchid: mchidSchema.describe('Merchant number'),
  appids: z.array(appidSchema).min(1).describe('App ids whose orders belong to this shop'),
  orderPrefixes: z
    .array(z.string().min(1).max(32))
    .default([])
    .describe('Order number prefixes of this shop, where other systems share the merchant number; empty: all orders'),
  latePayment: z
    .enum(['credit', 'review', 'refund'])
    .default('credit')
    .describe('A payment on a closed order: credit it, hold it for a person (payment.decision), or refund it'),
  allowNegativeBalance: z
    .boolean()
    .default(false)
    .describe('Take points back on a refund even below zero; otherwise a refund_mismatch asks a person'),
  requestsPerSecond: z
    .int()
    .min(1)
    .max(1_000)
    .default(50)
    .describe('Requests to WeChat Pay per second, all processes together: poll 70 %, checkout 25 %, operators 5 %'),
  notifyUrl: z
    .string()
    .max(255)
    .optional()
    .describe('Public https address of the callback gateway; needed by checkout and for refunds'),
  maxOrderAmount: z.int().min(1).default(5_000_000).describe('Largest amount of an order that checkout takes, in fen'),
  maxPointsPerYuan: z
    .int()
    .min(1)
    .default(1_000)
    .describe('Most points, bonus included, that checkout takes for one yuan'),
  keys: z.strictObject({
    apiV3KeyFile: z.string().min(1).describe('File with the APIv3 key, exactly 32 bytes'),
    verificationKeysDir: z
      .string()
      .min(1)
      .describe("Directory of WeChat Pay's own keys: <serial>.pem platform certificates, PUB_KEY_ID_….pem public keys"),
    privateKeyFile: z.string().min(1).optional().describe("The merchant's API private key (not opened by the gateway)"),
    certificateSerial: z.string().min(1).optional().describe("Serial of the merchant's API certificate"),
  }),
});

export const merchantsFileSchema = z.strictObject({ merchants: z.array(merchantSchema).min(1).max(1_000) });

/** One merchant; paths are absolute. */
export type Merchant = z.infer<typeof merchantSchema>;

/** Reads merchants.yaml; relative paths count from the file's folder. Throws ConfigError naming the field. */
export function loadMerchantsFile(path: string): Merchant[] {
  const { merchants } = parseFile(path);
  const seen = new Set<string>();
  for (const merchant of merchants) {
    if (seen.has(merchant.mchid))
      throw new ConfigError(`${path}: mchid ${merchant.mchid} stands twice; keep one entry.`);
    seen.add(merchant.mchid);
  }
  const folder = dirname(resolve(path));
  return merchants.map((merchant) => ({ ...merchant, keys: absolutePaths(merchant.keys, folder) }));
}

function parseFile(path: string): z.infer<typeof merchantsFileSchema> {
  let yaml: unknown;
  try {
    yaml = parseYaml(readFileSync(path, 'utf8'));
  } catch (err) {
    throw new ConfigError(`${path} cannot be read as YAML (${err instanceof Error ? err.message : String(err)}).`);
  }
  const parsed = merchantsFileSchema.safeParse(yaml);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigError(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is not valid'}.`);
}

function absolutePaths(keys: Merchant['keys'], folder: string): Merchant['keys'] {
  return {
    ...keys,
    apiV3KeyFile: resolve(folder, keys.apiV3KeyFile),
    verificationKeysDir: resolve(folder, keys.verificationKeysDir),
    ...(keys.privateKeyFile === undefined ? {} : { privateKeyFile: resolve(folder, keys.privateKeyFile) }),
  };
}
