import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import { utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { inSharedSpans } from '@payguard/shared/telemetry/tracing';
import { outcomeColumns, recordDelivery } from '../delivery-rows.ts';
import { errorTeller } from '../error-teller.ts';
import { repeatTurns } from '../repeat-turns.ts';
import { type ClaimedNotification, claimShopNotifications } from './claim-shop-notifications.ts';
import { nextShopAttempt } from './next-shop-attempt.ts';
import type { ShopWorld } from './shop-world.ts';

const IDLE_MS = 200;

/** Tells the shop of credits until stopped. Several processes share the work. */
export async function runShopLoop(world: ShopWorld, token: string): Promise<void> {
  const { pool, clock, log } = world;
  const tellError = errorTeller(log, {}, 'the shop cannot be told of credits now, tried again each second');
  await repeatTurns(world, tellError, turn);
  await world.webhook.close();

  async function turn(): Promise<number> {
    const claimed = await claimShopNotifications(pool, token, clock.now());
    const told = await Promise.allSettled(claimed.map((notification) => tell(world, token, notification)));
    // What could not be recorded is claimed again when its lease ends; the shop tells repetitions by their id.
    const failed = told.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return claimed.length === 0 ? IDLE_MS : 0;
  }
}

async function tell(world: ShopWorld, token: string, notification: ClaimedNotification): Promise<void> {
  const { webhook, clock } = world;
  const { id, body, traceparent } = notification;
  const parents = [traceparent ?? undefined];
  const outcome = await inSharedSpans('shop notify', { kind: 'client', parents }, async (spans) => {
    const answered = await webhook.post({ id, body, at: clock.now() });
    spans.setAttributes(() => ({ 'payguard.outcome': answered.kind, 'payguard.code': answered.code }));
    return answered;
  });
  await settle(world, token, notification, outcome);
}

/** Only for who still holds the row; the delivery is recorded in any case. */
async function settle(
  { pool, clock, metrics, log }: ShopWorld,
  token: string,
  { id, attempts, createdAt, deliveryId }: ClaimedNotification,
  outcome: SendOutcome,
): Promise<void> {
  const now = clock.now();
  const isSent = outcome.kind === 'sent';
  const next = isSent ? null : nextShopAttempt(attempts, createdAt, now, Math.random());
  const state = isSent ? 'sent' : next === null ? 'given_up' : 'pending';
  const { code, detail } = outcomeColumns(outcome);
  await inTransaction(pool, async (connection) => {
    await recordDelivery(connection, deliveryId, outcome, now);
    await connection.query(
      `UPDATE shop_notifications SET state = ?, next_attempt_at = ?, lease_by = NULL, lease_until = NULL, code = ?,
              detail = ?, ended_at = ?
       WHERE id = ? AND lease_by = ?`,
      [...[state, utcText(next), code, detail], ...[next === null ? utcText(now) : null, id, token]],
    );
  });
  metrics.shopNotified(state === 'pending' ? 'failed' : state);
  if (isSent) log.info({ notification: id, attempts }, 'shop told of a credit');
  else log.warn({ notification: id, attempts, code: outcome.code, detail: outcome.detail, state }, 'shop not told');
}
