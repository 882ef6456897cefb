import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { acquireChannel, ensureChannel, releaseChannel } from './channel-lease.ts';
import type { ChannelWorld } from './channel-world.ts';
import { handOver } from './hand-over.ts';
import { readOldest } from './waiting-notices.ts';

/** Later than anything is due: what nobody is there to take does not wait for its time. */
export const WHENEVER = Date.UTC(9999, 0);

type Settings = Pick<AlertsFile, 'channels' | 'fallback' | 'routes'>;

/**
 * Gives what waits for channels that alerts.yaml no longer has to the fallback or, where there is none, to the channels
 * of the first route. A channel that another process holds, by another alerts.yaml, is left to that one.
 */
export async function handOverAbandoned(
  world: Pick<ChannelWorld, 'pool' | 'clock' | 'metrics' | 'log' | 'stopping'>,
  { channels, fallback, routes }: Settings,
  token: string,
): Promise<void> {
  const to = fallback === undefined ? [...new Set(routes[0]?.to)] : [fallback];
  for (const channel of await readChannels(world.pool)) {
    if (Object.hasOwn(channels, channel) || !(await isAnythingWaiting(world.pool, channel))) continue;
    await handOverAll(world, channel, to, token);
  }
}

async function handOverAll(
  world: Pick<ChannelWorld, 'pool' | 'clock' | 'metrics' | 'log' | 'stopping'>,
  channel: string,
  to: readonly string[],
  token: string,
): Promise<void> {
  const { pool, clock, stopping } = world;
  await ensureChannel(pool, channel);
  const lease = await acquireChannel(pool, { channel, token }, clock.now());
  if (lease === null) return;
  let isOurs = true;
  while (isOurs && !stopping.aborted) {
    const notices = await readOldest(pool, channel, WHENEVER);
    if (notices.length === 0) break;
    isOurs = await handOver(world, lease, to, notices);
  }
  await releaseChannel(pool, lease);
}

/** All that were ever told anything; the index gives them without reading their notices. */
async function readChannels(pool: DatabasePool): Promise<string[]> {
  const rows: { channel: string }[] = await pool.query('SELECT DISTINCT channel FROM alert_notices');
  return rows.map((row) => row.channel);
}

async function isAnythingWaiting(pool: DatabasePool, channel: string): Promise<boolean> {
  const rows: unknown[] = await pool.query(
    "SELECT id FROM alert_notices WHERE channel = ? AND state IN ('pending', 'sending') LIMIT 1",
    [channel],
  );
  return rows.length > 0;
}
