import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';

/** A mismatch as the alerter keeps it; times in ms UTC, amounts in fen. */
export type Mismatch = Omit<PaymentMismatch, 'detected_at' | 'handled_by' | 'handled_reason'> & {
  detectedAt: number;
  stateAt: number;
  handledBy: string | null;
  handledReason: string | null;
};

export type MismatchFilter = {
  id: string | null;
  /** null: all. */
  state: PaymentMismatch['state'] | null;
  kind: PaymentMismatch['kind'] | null;
  outTradeNo: string | null;
};

/** Nobody reads more, and a filter finds the rest. */
export const MAX_LISTED = 1_000;

type MismatchRow = Omit<Mismatch, 'detectedAt' | 'stateAt' | 'handledBy' | 'handledReason'> & {
  detected_at: string;
  state_at: string;
  handled_by: string | null;
  handled_reason: string | null;
};

/** The mismatches that fit, the newest first, `MAX_LISTED` at most. */
export async function findMismatches(
  pool: Pick<DatabasePool, 'query'>,
  filter: Partial<MismatchFilter>,
): Promise<Mismatch[]> {
  const wanted = Object.entries({
    id: filter.id,
    state: filter.state,
    kind: filter.kind,
    out_trade_no: filter.outTradeNo,
  }).filter(([, value]) => value !== null && value !== undefined);
  const where = wanted.length === 0 ? '' : `WHERE ${wanted.map(([column]) => `${column} = ?`).join(' AND ')}`;
  const rows: MismatchRow[] = await pool.query(
    {
      sql: `SELECT id, kind, state, mchid, out_trade_no, transaction_id, refund_id, system_status, wechat_status,
                   system_amount, wechat_amount, detected_at, state_at, handled_by, handled_reason
            FROM mismatches ${where} ORDER BY detected_at DESC, id LIMIT ${MAX_LISTED}`,
      dateStrings: true,
    },
    wanted.map(([, value]) => value),
  );
  return rows.map(toMismatch);
}

function toMismatch({ detected_at, state_at, handled_by, handled_reason, ...facts }: MismatchRow): Mismatch {
  return {
    ...facts,
    detectedAt: fromUtcText(detected_at) ?? 0,
    stateAt: fromUtcText(state_at) ?? 0,
    handledBy: handled_by,
    handledReason: handled_reason,
  };
}
