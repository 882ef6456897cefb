import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { inTransaction } from '@payguard/shared/database/transaction';
import type { AlerterEvent } from './decode-record.ts';
import { nextEscalationAt } from './escalation/plan-escalation.ts';
import type { EventResult, MismatchChange } from './mismatches/join-events.ts';
import { isChanged, joinEvents } from './mismatches/join-events.ts';
import type { MismatchRecord } from './mismatches/mismatch-rows.ts';
import { insertMismatches, lockMismatches, updateMismatches } from './mismatches/mismatch-rows.ts';
import { readToldChannels } from './notices/last-notices.ts';
import type { NewNotice } from './notices/notice.ts';
import { insertNotices, subjectText } from './notices/notice.ts';
import { endsMismatch, planNotices } from './notices/plan-notices.ts';
import { insertShopNotifications, isForShop } from './shop/shop-notifications.ts';

/**
 * Applies a round in one transaction: joins its events into the mismatches, and writes what is to be told of that to people
 * and to the shop. Applied again, it changes nothing. Answers what each event about a mismatch did.
 */
export async function applyRound(
  pool: DatabasePool,
  events: readonly AlerterEvent[],
  alerts: AlertsFile,
  now: number,
): Promise<EventResult[]> {
  const seen = events.filter((event) => event.kind === 'mismatch');
  const credits = events.filter((event) => event.kind === 'credit').filter((credit) => isForShop(credit, alerts.shop));
  return inTransaction(pool, async (connection) => {
    const ids = new Set(seen.map(({ mismatch }) => mismatch.id));
    const locked = await lockMismatches(connection, [...ids]);
    const known = new Map([...locked].map(([id, record]) => [id, record.mismatch]));
    const changes = joinEvents(known, seen);
    const notices = await planRound(connection, changes, alerts, now);
    await writeChanges(connection, changes.filter(isChanged), locked, alerts, now);
    await insertNotices(connection, notices, now);
    await insertShopNotifications(connection, credits, now);
    return changes.flatMap((change) => change.results);
  });
}

async function planRound(
  connection: DatabaseConnection,
  changes: readonly MismatchChange[],
  alerts: AlertsFile,
  now: number,
): Promise<NewNotice[]> {
  const told = await readToldChannels(connection, changes.filter(endsMismatch).map(subjectOf));
  return changes.flatMap((change) => {
    // A channel that has been taken out of alerts.yaml sends nothing any more.
    const channels = (told.get(subjectOf(change)) ?? []).filter((name) => Object.hasOwn(alerts.channels, name));
    return planNotices(change, channels, alerts, now);
  });
}

async function writeChanges(
  connection: DatabaseConnection,
  changes: readonly MismatchChange[],
  locked: ReadonlyMap<string, MismatchRecord>,
  alerts: AlertsFile,
  now: number,
): Promise<void> {
  const toRecord = ({ after }: MismatchChange): MismatchRecord => {
    const escalations = locked.get(after.id)?.escalations ?? 0;
    return { mismatch: after, escalations, nextEscalationAt: nextEscalationAt(after, escalations, alerts) };
  };
  const isNew = ({ after }: MismatchChange): boolean => !locked.has(after.id);
  await insertMismatches(connection, changes.filter(isNew).map(toRecord), now);
  await updateMismatches(connection, changes.filter((change) => !isNew(change)).map(toRecord), now);
}

function subjectOf({ after }: MismatchChange): string {
  return subjectText({ kind: 'mismatch', id: after.id });
}
