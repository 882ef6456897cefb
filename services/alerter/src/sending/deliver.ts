import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import { untilItPasses } from '@payguard/shared/clock/until-it-passes';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import { utcText } from '@payguard/shared/database/multi-row';
import { type ChannelLease, whileHeld } from './channel-lease.ts';
import { writeState } from './channel-rows.ts';
import { afterOutcome, type ChannelState } from './channel-state.ts';
import type { ChannelWorld } from './channel-world.ts';
import { composeItems, composeMessage, mismatchIdOf, titleOf } from './compose-message.ts';
import { insertDelivery, recordDelivery } from './delivery-rows.ts';
import { readMismatches } from './read-mismatches.ts';
import { SEND_TIMEOUT_MS, sendMessage } from './send-message.ts';
import type { MessageNotices } from './waiting-notices.ts';

export type DeliveryEnd = 'sent' | 'not_sent' | 'lease_lost';

/**
 * Sends the notices as one message. A crash before the send leaves a delivery that was never made, one after it a message
 * that will be sent again: either way the next owner of the channel finds its notices and sends them.
 */
export async function deliver(
  world: ChannelWorld,
  lease: ChannelLease,
  state: ChannelState,
  { notices, moreDigestIds }: MessageNotices,
): Promise<DeliveryEnd> {
  const { pool, channel, clock } = world;
  const mismatches = await readMismatches(
    pool,
    notices.flatMap((notice) => mismatchIdOf(notice) ?? []),
  );
  const items = composeItems(notices, mismatches, moreDigestIds.length);
  const startedAt = clock.now();
  const ids = [...notices.map((notice) => notice.id), ...moreDigestIds];
  const delivery = { channel: channel.name, title: titleOf(items), notices: ids.length, startedAt };
  const deliveryId = await whileHeld(pool, lease, startedAt, async (connection) => {
    const id = await insertDelivery(connection, delivery);
    await markSending(connection, id, ids);
    return id;
  });
  // After a long pause another process may be sending before we end: taking the channel anew takes the notices back.
  if (deliveryId === null || lease.until - clock.now() < SEND_TIMEOUT_MS) return 'lease_lost';
  const parents = [...new Set(notices.flatMap(({ traceparent }) => traceparent ?? []))];
  const message = composeMessage(notices, items, { deliveryId, at: startedAt });
  const outcome = await sendMessage(world, message, parents);
  const isStillOurs = await record(world, lease, { deliveryId, state, outcome, notices: ids.length });
  if (!isStillOurs) return 'lease_lost';
  return outcome.kind === 'sent' ? 'sent' : 'not_sent';
}

async function markSending(connection: DatabaseConnection, deliveryId: number, ids: readonly number[]): Promise<void> {
  await connection.query("UPDATE alert_notices SET state = 'sending', delivery_id = ? WHERE id IN (?)", [
    deliveryId,
    ids,
  ]);
}

type Ended = { deliveryId: number; state: ChannelState; outcome: SendOutcome; notices: number };

/** While the database is away the outcome is kept here: a delivery that is not recorded is made again. */
async function record(world: ChannelWorld, lease: ChannelLease, ended: Ended): Promise<boolean> {
  const steps = {
    passes: isRetriableDatabaseError,
    stopping: world.stopping,
    failed: (err: unknown, retryInMs: number) => {
      world.log.warn({ err, delivery: ended.deliveryId, retryInMs }, 'outcome of an alert not recorded yet');
      world.onTurn();
    },
  };
  return untilItPasses(steps, () => recordOnce(world, lease, ended));
}

async function recordOnce(
  { pool, clock, metrics, log, rules }: ChannelWorld,
  lease: ChannelLease,
  { deliveryId, state, outcome, notices }: Ended,
): Promise<boolean> {
  const now = clock.now();
  const fallbackAfterMs = rules.fallback?.afterMs ?? null;
  const next = afterOutcome(state, outcome, { now, fallbackAfterMs, random: Math.random() });
  const isRecorded = await whileHeld(pool, lease, now, async (connection) => {
    await recordDelivery(connection, deliveryId, outcome, now);
    await settleNotices(connection, deliveryId, outcome, now);
    await writeState(connection, lease.channel, next);
    return true;
  });
  const facts = { channel: lease.channel, delivery: deliveryId, notices, outcome: outcome.kind, code: outcome.code };
  if (isRecorded === null) {
    log.warn(facts, 'another process took the channel over while a message was sent: it will be sent again');
    return false;
  }
  if (outcome.kind === 'sent') log.info(facts, 'alert sent');
  else log.warn({ ...facts, detail: outcome.detail, quietUntil: utcText(next.quietUntil) }, 'alert not sent');
  if (outcome.kind === 'sent') metrics.noticesEnded(lease.channel, 'sent', notices);
  metrics.channelFailing(lease.channel, outcome.kind !== 'sent');
  return true;
}

async function settleNotices(
  connection: DatabaseConnection,
  deliveryId: number,
  outcome: SendOutcome,
  now: number,
): Promise<void> {
  if (outcome.kind === 'sent') {
    await connection.query(
      "UPDATE alert_notices SET state = 'sent', ended_at = ? WHERE delivery_id = ? AND state = 'sending'",
      [utcText(now), deliveryId],
    );
  } else {
    await connection.query(
      "UPDATE alert_notices SET state = 'pending', delivery_id = NULL WHERE delivery_id = ? AND state = 'sending'",
      [deliveryId],
    );
  }
}
