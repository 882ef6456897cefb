import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { Gauge, type Registry } from 'prom-client';
import { GONE_AFTER_MS, type Look, type StateSubject, secondsSince } from './state-subject.ts';

const LABELS = ['channel'] as const;

type ChannelRow = { channel: string; waiting: number; due: string | null };
type ShopRow = { waiting: number; oldest: string | null };

/** News that people and the shop have not been told yet. Seen from outside the alerter: it may be what does not work. */
export function createAlertsState(registry: Registry): StateSubject {
  const registers = [registry];
  const notices = new Gauge({
    name: 'payguard_alert_notices_pending',
    help: 'Alert notices not sent yet, by channel',
    labelNames: LABELS,
    registers,
  });
  const noticeAge = new Gauge({
    name: 'payguard_alert_notices_pending_oldest_age_seconds',
    help: 'For how long the most overdue alert notice of a channel has been due; 0 when none is',
    labelNames: LABELS,
    registers,
  });
  const shop = new Gauge({
    name: 'payguard_shop_notifications_pending',
    help: 'Credits that the shop is to be told of and has not acknowledged',
    registers,
  });
  const shopAge = new Gauge({
    name: 'payguard_shop_notifications_pending_oldest_age_seconds',
    help: 'Age of the oldest credit that the shop has not acknowledged; 0 without one',
    registers,
  });
  return {
    name: 'alerts',
    async refresh(look) {
      const [channels, notifications] = [await readChannels(look), await readShop(look)];
      notices.reset();
      noticeAge.reset();
      for (const { channel, waiting, due } of channels) {
        notices.set({ channel }, waiting);
        noticeAge.set({ channel }, secondsSince(fromUtcText(due), look.now));
      }
      shop.set(notifications.waiting);
      shopAge.set(secondsSince(fromUtcText(notifications.oldest), look.now));
    },
  };
}

/** Channels that are served, and those that are not any more while something waits for them. */
async function readChannels({ pool, now }: Look): Promise<ChannelRow[]> {
  const channels: { channel: string; is_served: number }[] = await pool.query(
    'SELECT channel, COALESCE(lease_until > ?, 0) AS is_served FROM alert_channels',
    [utcText(now - GONE_AFTER_MS)],
  );
  if (channels.length === 0) return [];
  // By name: in a join the index would be followed by channel alone, through all that was ever sent.
  const rows: ChannelRow[] = await pool.query(
    {
      sql: `SELECT channel, COUNT(*) AS waiting, MIN(due_at) AS due FROM alert_notices
            WHERE channel IN (?) AND state IN ('pending', 'sending') GROUP BY channel`,
      dateStrings: true,
    },
    [channels.map(({ channel }) => channel)],
  );
  const waiting = new Map(rows.map((row) => [row.channel, row]));
  return channels.flatMap(({ channel, is_served }) => {
    const row = waiting.get(channel);
    if (row !== undefined) return row;
    return is_served === 1 ? { channel, waiting: 0, due: null } : [];
  });
}

/** Whoever has been told, or was given up, has no next attempt. */
async function readShop({ pool }: Look): Promise<ShopRow> {
  const rows: ShopRow[] = await pool.query({
    sql: `SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest FROM shop_notifications
          WHERE next_attempt_at IS NOT NULL`,
    dateStrings: true,
  });
  return rows[0] ?? { waiting: 0, oldest: null };
}
