import type { ShopWebhookSettings } from '@payguard/shared/alerting/alerts-file';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import type { PointsCredited } from '@payguard/shared/events/points-credited';

export type SeenCredit = {
  /** The event's ce_id, `credit:mchid:out_trade_no`. */
  id: string;
  credit: PointsCredited;
  traceparent: string | undefined;
};

/** True for a credit that the shop wants to hear of. */
export function isForShop({ credit }: SeenCredit, settings: ShopWebhookSettings | undefined): boolean {
  return settings !== undefined && (credit.repaired || settings.credits === 'all');
}

/** Writes what the shop is to be told, due at once; a credit that stands there already is left as it is. */
export async function insertShopNotifications(
  connection: DatabaseConnection,
  credits: readonly SeenCredit[],
  now: number,
): Promise<void> {
  if (credits.length === 0) return;
  const rows = credits.map(({ id, credit, traceparent }) => [
    id,
    credit.mchid,
    credit.out_trade_no,
    credit.repaired ? 1 : 0,
    bodyOf(credit),
    traceparent ?? null,
    'pending',
    utcText(now),
    utcText(now),
  ]);
  await insertRows(
    connection,
    `INSERT INTO shop_notifications
       (id, mchid, out_trade_no, repaired, body, traceparent, state, next_attempt_at, created_at) VALUES`,
    rows,
    'ON DUPLICATE KEY UPDATE id = shop_notifications.id',
  );
}

/** As Standard Webhooks proposes: type, timestamp, data. */
function bodyOf(credit: PointsCredited): string {
  return JSON.stringify({ type: 'points.credited', timestamp: credit.credited_at, data: credit });
}
