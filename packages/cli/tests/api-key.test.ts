import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findApiKey, loadApiKeysFile } from '@payguard/shared/config/api-keys-file';
import { afterAll, describe, expect, it } from 'vitest';
import { runPayguard } from './run-payguard.ts';

const folder = mkdtempSync(join(tmpdir(), 'payguard-api-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('payguard api-key', () => {
  it('prints a key once, and an entry by which the order API knows it', async () => {
    const { code, stdout } = await runPayguard(['api-key', 'new', '--id', 'shop', '--mchid', '1900000109'], {});
    expect(code).toBe(0);
    const key = /^pg_[\w-]{43}$/m.exec(stdout)?.[0] ?? '';
    const file = join(folder, 'api-keys.yaml');
    writeFileSync(file, stdout.slice(stdout.indexOf('keys:')));
    const keys = loadApiKeysFile(file, new Set(['1900000109']));
    expect(findApiKey(keys, key, 0)).toMatchObject({ id: 'shop', mchids: ['1900000109'] });
  });

  it.each([
    [['api-key'], 'new'],
    [['api-key', 'new', '--mchid', '1900000109'], '--id'],
    [['api-key', 'new', '--id', 'shop'], '--mchid'],
    [['api-key', 'new', '--id', 'shop', '--mchid', 'abc'], 'abc'],
    [['api-key', 'new', '--id', 'shop', '--mchid', '1900000109', '--not-after', 'soon'], '--not-after'],
  ])('refuses %j', async (args, reason) => {
    const { code, stderr } = await runPayguard(args, {});
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });
});
