import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKey } from '@payguard/shared/config/api-keys-file';

export type ApiKeys = {
  /** What checkout reads: who may call, and the hash of each key. */
  apiKeysFile: string;
  /** The key itself, for `curl` and scripts on this machine. */
  apiKeyFile: string;
};

/** Writes the order API's keys under `<stateDir>/checkout`, mode 0600. The key is made once and stays the same. */
export function writeApiKeys(stateDir: string, mchid: string): ApiKeys {
  const folder = join(stateDir, 'checkout');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const apiKeyFile = join(folder, 'api-key');
  const key = readKey(apiKeyFile) ?? createApiKey().key;
  writeFileSync(apiKeyFile, `${key}\n`, { mode: 0o600 });
  const apiKeysFile = join(folder, 'api-keys.yaml');
  writeFileSync(apiKeysFile, apiKeysYaml(key, mchid), { mode: 0o600 });
  return { apiKeysFile, apiKeyFile };
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function apiKeysYaml(key: string, mchid: string): string {
  return `# Written at each start; for a real one, payguard api-key new makes an entry.
keys:
  - id: local
    sha256: "${createHash('sha256').update(key).digest('hex')}"
    mchids: ["${mchid}"]
`;
}
