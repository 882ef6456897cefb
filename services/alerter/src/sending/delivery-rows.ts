import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';

/** The columns' lengths. */
const MAX_TITLE = 200;
const MAX_CODE = 64;
const MAX_DETAIL = 500;

export type NewDelivery = { channel: string; title: string; notices: number; startedAt: number };

/** Writes the row of an attempt that is about to be made; answers its id. */
export async function insertDelivery(connection: DatabaseConnection, delivery: NewDelivery): Promise<number> {
  return insertDeliveries(connection, [delivery]);
}

/** The same for several; the ids follow the first one in order. */
export async function insertDeliveries(
  connection: DatabaseConnection,
  deliveries: readonly NewDelivery[],
): Promise<number> {
  return insertRows(
    connection,
    'INSERT INTO alert_deliveries (channel, title, notices, started_at, outcome) VALUES',
    deliveries.map(({ channel, title, notices, startedAt }) => [
      ...[channel, cut(title, MAX_TITLE), notices],
      ...[utcText(startedAt), 'sending'],
    ]),
  );
}

/** What came of it. A delivery that was taken for lost keeps that outcome. */
export async function recordDelivery(
  connection: DatabaseConnection,
  id: number,
  outcome: SendOutcome,
  now: number,
): Promise<void> {
  const { code, detail } = outcomeColumns(outcome);
  await connection.query(
    `UPDATE alert_deliveries SET ended_at = ?, outcome = ?, code = ?, detail = ? WHERE id = ? AND outcome = 'sending'`,
    [utcText(now), outcome.kind, code, detail, id],
  );
}

/** An outcome as the columns `code` and `detail` hold it. */
export function outcomeColumns(outcome: SendOutcome): { code: string; detail: string | null } {
  const detail = outcome.kind === 'sent' ? null : cut(outcome.detail, MAX_DETAIL);
  return { code: cut(outcome.code, MAX_CODE), detail };
}

/** By characters, as the database counts them. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : [...text].slice(0, most).join('');
}
