import type { Merchant } from '../config/merchants-file.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KeyRing } from './key-ring.ts';
import { loadKeyRing } from './key-ring.ts';

/** Key files are few and small: reading them again is simpler and surer than file events on a mounted directory. */
const RELOAD_EVERY_MS = 5_000;

export type WatchedKeyRing = { current(): KeyRing; close(): void };

/** Loads the keys and loads them again as files change. A broken change is logged and the keys in use stay. */
export function watchKeyRing(merchants: Merchant[], log: Logger): WatchedKeyRing {
  let ring = loadKeyRing(merchants);
  let broken = false;
  const timer = setInterval(() => {
    try {
      const next = loadKeyRing(merchants);
      if ([...next.keys()].join() !== [...ring.keys()].join()) log.info({ keys: [...next.keys()] }, 'keys reloaded');
      ring = next;
      broken = false;
    } catch (err) {
      if (!broken) log.error({ err }, 'keys cannot be reloaded, the old ones stay in use');
      broken = true;
    }
  }, RELOAD_EVERY_MS);
  timer.unref();
  return { current: () => ring, close: () => clearInterval(timer) };
}
