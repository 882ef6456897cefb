import { z } from 'zod';
import { explainInvalid } from '../explain-invalid.ts';
import { closeInRace } from '../faults/close-race.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiOutcome, failed, NO_CONTENT } from './api-outcome.ts';
import { parseJson } from './parse-json.ts';
import type { SignedCall } from './signed-call.ts';

const closeSchema = z.looseObject({ mchid: z.string({ error: 'is missing' }) });

/** `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close` (page 4012791860): 204, as often as it is called. */
export function closeOrder(parts: SimulatorParts, call: SignedCall): ApiOutcome {
  const parsed = closeSchema.safeParse(parseJson(call.body));
  if (!parsed.success) return failed('PARAM_ERROR', `The request is invalid: ${explainInvalid(parsed.error)}.`);
  if (parsed.data.mchid !== call.merchant.mchid) {
    return failed('PARAM_ERROR', 'mchid is not that of the signer; use the same in both.');
  }
  const outcome = closeInRace(parts, call.merchant.mchid, call.params.out_trade_no ?? '');
  switch (outcome) {
    case 'closed':
      return NO_CONTENT;
    case 'unknown_order':
      return failed('ORDER_NOT_EXIST', 'There is no such order; check the number and the mchid.');
    case 'already_paid':
      return failed('ORDER_PAID', 'The order is paid and cannot be closed; query it.');
    case 'too_old':
      // That it is refused is known (facts §3.2), with which code is not.
      return failed('INVALID_REQUEST', 'The order is older than 7 days and can no longer be closed.');
  }
}
