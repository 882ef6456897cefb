import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { readTrustedAuthorities } from '@payguard/shared/callback-probe/trusted-authorities';
import { type Clock, systemClock } from '@payguard/shared/clock/clock';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { ProbeConfig } from '../config.ts';
import { runProbe } from './run-probe.ts';

const CLOSE_TIMEOUT_MS = 3_000;

/**
 * One run of `probe` in a process of its own; answers the exit code: 0 whatever it found, since another try would find the
 * same, or 1 when the database was away. Throws ConfigError.
 */
export async function startProbe(
  config: ProbeConfig,
  log: Logger,
  stop: AbortSignal,
  clock: Clock = systemClock,
): Promise<number> {
  const merchants = loadMerchantsFile(config.MERCHANTS_FILE);
  const trusted = readTrustedAuthorities(config.PROBE_CA_FILE);
  const pool = createDatabasePool({ url: config.DATABASE_URL });
  try {
    const schema = await requireSchema(pool);
    if (!schema.ready) {
      log.error({ obstacle: schema.reason }, 'could not work at all');
      return 1;
    }
    const runBy = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
    await runProbe({ pool, merchants, clock, log, runBy, trusted, allowLocal: config.ALLOW_LOCAL_NOTIFY_URL }, stop);
    return 0;
  } catch (err) {
    log.error({ err }, 'the database does not take part');
    return 1;
  } finally {
    await settledWithin(pool.end(), CLOSE_TIMEOUT_MS);
  }
}
