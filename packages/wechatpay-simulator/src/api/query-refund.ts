import { describeRefund } from '../refunds/describe-refund.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiOutcome, answered, failed } from './api-outcome.ts';
import type { SignedCall } from './signed-call.ts';

/** `GET /v3/refund/domestic/refunds/{out_refund_no}` (page 4012791863). */
export function queryRefund(parts: SimulatorParts, call: SignedCall): ApiOutcome {
  const refund = parts.refunds.find(call.merchant.mchid, call.params.out_refund_no ?? '');
  if (refund === undefined) return failed('RESOURCE_NOT_EXISTS', 'There is no such refund; check out_refund_no.');
  return answered(describeRefund(refund));
}
