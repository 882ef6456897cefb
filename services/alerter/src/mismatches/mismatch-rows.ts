import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { type MismatchViewRow, toMismatchView } from '@payguard/shared/database/mismatch-view';
import { fromUtcText, insertRows, utcText } from '@payguard/shared/database/multi-row';

/** A row of `mismatches`, which the alerter alone writes. */
export type MismatchRecord = {
  mismatch: MismatchView;
  /** How many steps of the escalation have been told. */
  escalations: number;
  /** ms UTC of the next step; null: there is none. */
  nextEscalationAt: number | null;
};

type MismatchRow = MismatchViewRow & { escalations: number; next_escalation_at: string | null };

const COLUMNS = [
  'id',
  'kind',
  'state',
  'mchid',
  'out_trade_no',
  'transaction_id',
  'refund_id',
  'system_status',
  'wechat_status',
  'system_amount',
  'wechat_amount',
  'handled_by',
  'handled_reason',
  'detected_at',
  'state_at',
  'escalations',
  'next_escalation_at',
] as const;

/** Locks those of the mismatches that there are, in the order of their ids: whoever else locks several does the same. */
export async function lockMismatches(
  connection: DatabaseConnection,
  ids: readonly string[],
): Promise<Map<string, MismatchRecord>> {
  if (ids.length === 0) return new Map();
  const rows: MismatchRow[] = await connection.query(
    { sql: `SELECT ${COLUMNS.join(', ')} FROM mismatches WHERE id IN (?) ORDER BY id FOR UPDATE`, dateStrings: true },
    [[...ids].sort()],
  );
  return new Map(rows.map((row) => [row.id, toRecord(row)]));
}

/** Writes mismatches that nobody knew. Fails with "duplicate entry" when another process has just done so. */
export async function insertMismatches(
  connection: DatabaseConnection,
  records: readonly MismatchRecord[],
  now: number,
): Promise<void> {
  await writeRows(connection, records, now);
}

/** Writes mismatches whose rows are locked. */
export async function updateMismatches(
  connection: DatabaseConnection,
  records: readonly MismatchRecord[],
  now: number,
): Promise<void> {
  const updates = COLUMNS.filter((column) => column !== 'id').map((column) => `${column} = VALUES(${column})`);
  await writeRows(connection, records, now, `ON DUPLICATE KEY UPDATE ${updates.join(', ')}`);
}

async function writeRows(
  connection: DatabaseConnection,
  records: readonly MismatchRecord[],
  now: number,
  tail?: string,
): Promise<void> {
  if (records.length === 0) return;
  const rows = inOrder(records).map((record) => [...valuesOf(record), utcText(now)]);
  await insertRows(connection, `INSERT INTO mismatches (${COLUMNS.join(', ')}, received_at) VALUES`, rows, tail);
}

function inOrder(records: readonly MismatchRecord[]): MismatchRecord[] {
  return [...records].sort((a, b) => (a.mismatch.id < b.mismatch.id ? -1 : 1));
}

function valuesOf({ mismatch, escalations, nextEscalationAt }: MismatchRecord) {
  return [
    mismatch.id,
    mismatch.kind,
    mismatch.state,
    mismatch.mchid,
    mismatch.out_trade_no,
    mismatch.transaction_id,
    mismatch.refund_id,
    mismatch.system_status,
    mismatch.wechat_status,
    mismatch.system_amount,
    mismatch.wechat_amount,
    mismatch.handledBy,
    mismatch.handledReason,
    utcText(mismatch.detectedAt),
    utcText(mismatch.stateAt),
    escalations,
    utcText(nextEscalationAt),
  ];
}

function toRecord(row: MismatchRow): MismatchRecord {
  const { escalations, next_escalation_at, ...view } = row;
  return { mismatch: toMismatchView(view), escalations, nextEscalationAt: fromUtcText(next_escalation_at) };
}
