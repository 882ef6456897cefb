import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { LEASE_MS } from './channel-lease.ts';
import { asOf, type ChannelState, HEALTHY } from './channel-state.ts';
import { RATE_WINDOW_MS } from './message-rate.ts';

type StateRow = { failures: number; failing_since: string | null; quiet_until: string | null };

/** What the channel's rows say of it. */
export async function readChannel(
  pool: DatabasePool,
  channel: string,
  now: number,
): Promise<{ state: ChannelState; isRefused: boolean; endings: number[] }> {
  const [states, outcomes, endings]: [StateRow[], { outcome: string }[], { ended_at: string }[]] = await Promise.all([
    pool.query(
      {
        sql: 'SELECT failures, failing_since, quiet_until FROM alert_channels WHERE channel = ?',
        dateStrings: true,
      },
      [channel],
    ),
    pool.query('SELECT outcome FROM alert_deliveries WHERE channel = ? ORDER BY started_at DESC, id DESC LIMIT 1', [
      channel,
    ]),
    pool.query(
      {
        sql: 'SELECT ended_at FROM alert_deliveries WHERE channel = ? AND started_at > ? AND ended_at IS NOT NULL',
        dateStrings: true,
      },
      // No delivery outlives the lease that it was made under.
      [channel, utcText(now - RATE_WINDOW_MS - LEASE_MS)],
    ),
  ]);
  return {
    state: asOf(toState(states[0]), now),
    isRefused: outcomes[0]?.outcome === 'refused',
    endings: endings.map((row) => fromUtcText(row.ended_at) ?? now),
  };
}

function toState(row: StateRow | undefined): ChannelState {
  if (row === undefined) return HEALTHY;
  return {
    failures: row.failures,
    failingSince: fromUtcText(row.failing_since),
    quietUntil: fromUtcText(row.quiet_until),
  };
}

/** Keeps how the channel does. */
export async function writeState(
  connection: DatabaseConnection,
  channel: string,
  { failures, failingSince, quietUntil }: ChannelState,
): Promise<void> {
  await connection.query(
    'UPDATE alert_channels SET failures = ?, failing_since = ?, quiet_until = ? WHERE channel = ?',
    [failures, utcText(failingSince), utcText(quietUntil), channel],
  );
}
