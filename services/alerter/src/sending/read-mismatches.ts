import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText } from '@payguard/shared/database/multi-row';

type MismatchRow = Omit<MismatchView, 'detectedAt' | 'stateAt' | 'handledBy' | 'handledReason'> & {
  detected_at: string;
  state_at: string;
  handled_by: string | null;
  handled_reason: string | null;
};

/** Mismatches as they are now, by id. */
export async function readMismatches(
  pool: DatabasePool,
  ids: readonly string[],
): Promise<ReadonlyMap<string, MismatchView>> {
  if (ids.length === 0) return new Map();
  const rows: MismatchRow[] = await pool.query(
    {
      sql: `SELECT id, kind, state, mchid, out_trade_no, transaction_id, refund_id, system_status, wechat_status,
                   system_amount, wechat_amount, detected_at, state_at, handled_by, handled_reason
            FROM mismatches WHERE id IN (?)`,
      dateStrings: true,
    },
    [ids],
  );
  return new Map(rows.map((row) => [row.id, toView(row)]));
}

function toView({ detected_at, state_at, handled_by, handled_reason, ...row }: MismatchRow): MismatchView {
  return {
    ...row,
    detectedAt: fromUtcText(detected_at) ?? 0,
    stateAt: fromUtcText(state_at) ?? 0,
    handledBy: handled_by,
    handledReason: handled_reason,
  };
}
