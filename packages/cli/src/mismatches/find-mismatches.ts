import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { MISMATCH_VIEW_COLUMNS, type MismatchViewRow, toMismatchView } from '@payguard/shared/database/mismatch-view';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';

export type MismatchFilter = {
  id: string | null;
  /** null: all. */
  state: PaymentMismatch['state'] | null;
  kind: PaymentMismatch['kind'] | null;
  outTradeNo: string | null;
};

/** Nobody reads more, and a filter finds the rest. */
export const MAX_LISTED = 1_000;

/** The mismatches that fit, the newest first, `MAX_LISTED` at most. */
export async function findMismatches(
  pool: Pick<DatabasePool, 'query'>,
  filter: Partial<MismatchFilter>,
): Promise<MismatchView[]> {
  const wanted = Object.entries({
    id: filter.id,
    state: filter.state,
    kind: filter.kind,
    out_trade_no: filter.outTradeNo,
  }).filter(([, value]) => value !== null && value !== undefined);
  const where = wanted.length === 0 ? '' : `WHERE ${wanted.map(([column]) => `${column} = ?`).join(' AND ')}`;
  const rows: MismatchViewRow[] = await pool.query(
    {
      sql: `SELECT ${MISMATCH_VIEW_COLUMNS}
            FROM mismatches ${where} ORDER BY detected_at DESC, id LIMIT ${MAX_LISTED}`,
      dateStrings: true,
    },
    wanted.map(([, value]) => value),
  );
  return rows.map(toMismatchView);
}
