import { type ApiKey, loadApiKeysFile } from '@payguard/shared/config/api-keys-file';
import type { Logger } from '@payguard/shared/telemetry/logger';

/** One small file: reading it again is simpler and surer than file events on a mounted secret. */
const RELOAD_EVERY_MS = 5_000;

export type WatchedApiKeys = { current(): readonly ApiKey[]; close(): void };

/** Loads the keys and loads them again as the file changes. A broken change is logged and the keys in use stay. */
export function watchApiKeys(path: string, mchids: ReadonlySet<string>, log: Logger): WatchedApiKeys {
  let keys = loadApiKeysFile(path, mchids);
  let broken = false;
  const timer = setInterval(() => {
    try {
      const next = loadApiKeysFile(path, mchids);
      if (namesOf(next) !== namesOf(keys)) log.info({ clients: namesOf(next) }, 'API keys reloaded');
      keys = next;
      broken = false;
    } catch (err) {
      if (!broken) log.error({ err }, 'API keys cannot be reloaded, the old ones stay in use');
      broken = true;
    }
  }, RELOAD_EVERY_MS);
  timer.unref();
  return { current: () => keys, close: () => clearInterval(timer) };
}

/** Of each key the client and the beginning of its hash, which tells keys of one client apart. */
function namesOf(keys: readonly ApiKey[]): string {
  return keys.map(({ id, sha256 }) => `${id}:${sha256.slice(0, 8)}`).join(' ');
}
