import type { MismatchView } from '../alerting/alert-message.ts';
import { fromUtcText } from './multi-row.ts';

/** What a MismatchView is made of, in a query of `mismatches` with `dateStrings`. */
export const MISMATCH_VIEW_COLUMNS = `id, kind, state, mchid, out_trade_no, transaction_id, refund_id, system_status,
  wechat_status, system_amount, wechat_amount, detected_at, state_at, handled_by, handled_reason`;

export type MismatchViewRow = Omit<MismatchView, 'detectedAt' | 'stateAt' | 'handledBy' | 'handledReason'> & {
  detected_at: string;
  state_at: string;
  handled_by: string | null;
  handled_reason: string | null;
};

export function toMismatchView(row: MismatchViewRow): MismatchView {
  const { detected_at, state_at, handled_by, handled_reason, ...facts } = row;
  return {
    ...facts,
    detectedAt: fromUtcText(detected_at) ?? 0,
    stateAt: fromUtcText(state_at) ?? 0,
    handledBy: handled_by,
    handledReason: handled_reason,
  };
}
