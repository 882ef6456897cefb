import type { Order } from '../orders/order.ts';
import { describeTransaction } from '../orders/transaction.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiFailure, type ApiOutcome, answered, failed } from './api-outcome.ts';
import type { SignedCall } from './signed-call.ts';

/** `GET /v3/pay/transactions/out-trade-no/{out_trade_no}?mchid=`. */
export function queryByOutTradeNo(parts: SimulatorParts, call: SignedCall): ApiOutcome {
  const wrongMchid = checkMchid(call);
  if (wrongMchid !== undefined) return wrongMchid;
  return answerOrder(parts.orders.find(call.merchant.mchid, call.params.out_trade_no ?? ''));
}

/** `GET /v3/pay/transactions/id/{transaction_id}?mchid=`: paid orders only. */
export function queryByTransactionId(parts: SimulatorParts, call: SignedCall): ApiOutcome {
  const wrongMchid = checkMchid(call);
  if (wrongMchid !== undefined) return wrongMchid;
  return answerOrder(parts.orders.findByTransactionId(call.merchant.mchid, call.params.transaction_id ?? ''));
}

function checkMchid(call: SignedCall): ApiFailure | undefined {
  if (call.query.get('mchid') === call.merchant.mchid) return undefined;
  return failed('PARAM_ERROR', 'mchid in the query is missing or not that of the signer; use the same in both.');
}

function answerOrder(order: Order | undefined): ApiOutcome {
  if (order === undefined) return failed('ORDER_NOT_EXIST', 'There is no such order; check the number and the mchid.');
  return answered(describeTransaction(order));
}
