import type { Clock } from '@payguard/shared/clock/clock';
import type { Logger } from '@payguard/shared/telemetry/logger';

/** Whoever tries many tokens does not fill the log. */
const EVERY_MS = 60_000;

/** Logs requests without the right token: one line a minute at most, which says how many there were since the last one. */
export function createStrangerLog(log: Logger, clock: Clock): (ip: string) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  let requests = 0;
  return (ip) => {
    requests += 1;
    const now = clock.now();
    // Also when the clock was set back.
    if (Math.abs(now - loggedAt) < EVERY_MS) return;
    log.warn({ ip, requests }, 'Alertmanager webhook without the right token');
    loggedAt = now;
    requests = 0;
  };
}
