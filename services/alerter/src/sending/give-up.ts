import { utcText } from '@payguard/shared/database/multi-row';
import { type ChannelLease, whileHeld } from './channel-lease.ts';
import type { ChannelWorld } from './channel-world.ts';
import { endNotices } from './hand-over.ts';

/** For so long what is over by now is kept for a channel that fails and has no fallback; what is open waits for ever. */
export const GIVEN_UP_AFTER_MS = 24 * 3_600_000;
/** One transaction; the next attempt on the channel takes the next ones. */
const MOST_AT_ONCE = 500;

type OldNotice = { id: number; dedupe_key: string; subject: string };

/**
 * Ends notices that nobody could be told of for a day, but only of what is over: settled mismatches, alerts that no
 * longer fire, ends, digests. False when the channel is no longer ours.
 */
export async function giveUpWhatIsOver(
  { pool, clock, metrics, log }: Pick<ChannelWorld, 'pool' | 'clock' | 'metrics' | 'log'>,
  lease: ChannelLease,
): Promise<boolean> {
  const now = clock.now();
  const notices: OldNotice[] = await pool.query(
    `SELECT n.id, n.dedupe_key, n.subject FROM alert_notices n
     WHERE n.channel = ? AND n.state = 'pending' AND n.due_at <= ?
       AND (n.news IN ('digest', 'ended')
         OR EXISTS (SELECT 1 FROM mismatches m
                    WHERE n.subject LIKE 'mismatch:%' AND m.id = SUBSTRING(n.subject, 10) AND m.state <> 'open')
         OR EXISTS (SELECT 1 FROM alert_notices later
                    WHERE later.subject = n.subject AND later.channel = n.channel AND later.news = 'ended'
                      AND later.id > n.id))
     ORDER BY n.due_at, n.id LIMIT ${MOST_AT_ONCE}`,
    [lease.channel, utcText(now - GIVEN_UP_AFTER_MS)],
  );
  if (notices.length === 0) return true;
  const isDone = await whileHeld(pool, lease, now, async (connection) => {
    await endNotices(connection, 'given_up', notices, now);
    return true;
  });
  if (isDone === null) return false;
  metrics.noticesEnded(lease.channel, 'given_up', notices.length);
  for (const { dedupe_key: dedupeKey, subject } of notices) {
    log.error({ channel: lease.channel, dedupeKey, subject }, 'alert given up: over, and not delivered for a day');
  }
  return true;
}
