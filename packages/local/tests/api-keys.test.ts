import { readFileSync, statSync } from 'node:fs';
import { findApiKey, loadApiKeysFile } from '@payguard/shared/config/api-keys-file';
import { describe, expect, test } from 'vitest';
import { writeApiKeys } from '../src/system/api-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MCHID = '1900000109';

describe('the key of the local order API', () => {
  const stateDir = temporaryFolder();

  test('opens the order API for the simulated merchant, and only its owner may read it', () => {
    const { apiKeyFile, apiKeysFile } = writeApiKeys(stateDir, MCHID);
    const key = readFileSync(apiKeyFile, 'utf8').trim();
    const keys = loadApiKeysFile(apiKeysFile, new Set([MCHID]));
    expect(findApiKey(keys, key, Date.now())).toMatchObject({ id: 'local', mchids: [MCHID] });
    expect(readFileSync(apiKeysFile, 'utf8')).not.toContain(key);
    for (const file of [apiKeyFile, apiKeysFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('stays the same from start to start', () => {
    const before = readFileSync(writeApiKeys(stateDir, MCHID).apiKeyFile, 'utf8');
    expect(readFileSync(writeApiKeys(stateDir, MCHID).apiKeyFile, 'utf8')).toBe(before);
  });
});
