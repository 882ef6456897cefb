import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createApiKey, findApiKey, loadApiKeysFile } from '../../src/config/api-keys-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'payguard-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SERVED = new Set(['1900000109']);

function fileOf(text: string): string {
  const path = join(folder, 'api-keys.yaml');
  writeFileSync(path, text);
  return path;
}

describe('the file of API keys', () => {
  it('finds the client of a key by its hash, until its time is over', () => {
    const { key, sha256 } = createApiKey();
    const path = fileOf(
      `keys: [{ id: shop, sha256: "${sha256}", mchids: ["1900000109"], not_after: 2026-12-01T00:00:00+08:00 }]`,
    );
    const keys = loadApiKeysFile(path, SERVED);
    expect(key).toMatch(/^pg_[\w-]{43}$/);
    expect(findApiKey(keys, key, Date.parse('2026-11-30T15:59:59Z'))?.id).toBe('shop');
    expect(findApiKey(keys, key, Date.parse('2026-11-30T16:00:00Z'))).toBeUndefined();
    expect(findApiKey(keys, `${key}x`, 0)).toBeUndefined();
  });

  it.each([
    ['keys: []', 'keys'],
    ['keys: [', 'YAML'],
    ['keys: [{ id: shop, sha256: abc, mchids: ["1900000109"] }]', 'sha256'],
    [`keys: [{ id: "a b", sha256: "${'a'.repeat(64)}", mchids: ["1900000109"] }]`, 'id'],
    [`keys: [{ id: shop, sha256: "${'a'.repeat(64)}", mchids: ["1900000110"] }]`, '1900000110'],
    [
      `keys: [{ id: a, sha256: &h "${'a'.repeat(64)}", mchids: &m ["1900000109"] }, { id: b, sha256: *h, mchids: *m }]`,
      'twice',
    ],
  ])('is refused in one sentence when it is wrong: %s', (text, reason) => {
    expect(() => loadApiKeysFile(fileOf(text), SERVED)).toThrow(reason);
  });
});
