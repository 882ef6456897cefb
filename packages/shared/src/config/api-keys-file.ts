import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { mchidSchema } from '../rules/wechat-fields.ts';
import { ConfigError } from './config-error.ts';

/** So many bits cannot be guessed, so that a plain SHA-256 keeps them (no salt, no stretching). */
const KEY_BYTES = 32;
/** What leaks into a log or a repository is found by this, by people and by scanners. */
const KEY_PREFIX = 'pg_';

export const clientIdSchema = z
  .string()
  .regex(/^[0-9A-Za-z._-]{1,64}$/, 'must be 1-64 characters of 0-9 A-Z a-z . _ -');

const apiKeySchema = z.strictObject({
  id: clientIdSchema.describe(
    'Who calls. Two entries with one id are one client: so a key is replaced without a pause',
  ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the 64 hex digits that payguard api-key new printed')
    .describe('SHA-256 of the key, never the key itself'),
  mchids: z.array(mchidSchema).min(1).describe('Merchants whose orders it reaches'),
  not_after: z.iso.datetime({ offset: true }).optional().describe('When it stops being valid (RFC 3339)'),
});

/** API_KEYS_FILE: who may call the order API. Every entry is valid at the same time. */
export const apiKeysFileSchema = z.strictObject({ keys: z.array(apiKeySchema).min(1).max(1_000) });

export type ApiKey = z.infer<typeof apiKeySchema>;

/** Reads the keys. Throws ConfigError naming the field; also when a key reaches a merchant that `mchids` does not have. */
export function loadApiKeysFile(path: string, mchids: ReadonlySet<string>): ApiKey[] {
  const { keys } = parseFile(path);
  const hashes = new Set<string>();
  for (const { id, sha256, mchids: reached } of keys) {
    if (hashes.has(sha256)) throw new ConfigError(`${path}: a key of ${id} stands twice; keep one entry.`);
    hashes.add(sha256);
    const unknown = reached.find((mchid) => !mchids.has(mchid));
    if (unknown !== undefined) {
      throw new ConfigError(`${path}: key ${id} reaches merchant ${unknown}, which is not served; see merchants.yaml.`);
    }
  }
  return keys;
}

function parseFile(path: string): z.infer<typeof apiKeysFileSchema> {
  let yaml: unknown;
  try {
    yaml = parseYaml(readFileSync(path, 'utf8'));
  } catch (err) {
    throw new ConfigError(`${path} cannot be read as YAML (${err instanceof Error ? err.message : String(err)}).`);
  }
  const parsed = apiKeysFileSchema.safeParse(yaml);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigError(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is not valid'}.`);
}

/** A new key, and what stands in the file for it. */
export function createApiKey(): { key: string; sha256: string } {
  const key = KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  return { key, sha256: hashOf(key).toString('hex') };
}

/** The entry of a presented key, if it is valid `now` (ms UTC). Takes as long for a wrong key as for a right one. */
export function findApiKey(keys: readonly ApiKey[], presented: string, now: number): ApiKey | undefined {
  const hash = hashOf(presented);
  let found: ApiKey | undefined;
  for (const key of keys) {
    const isValid = key.not_after === undefined || now < Date.parse(key.not_after);
    if (timingSafeEqual(hash, Buffer.from(key.sha256, 'hex')) && isValid) found = key;
  }
  return found;
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
