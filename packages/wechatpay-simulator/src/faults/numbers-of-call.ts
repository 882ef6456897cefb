import { parseJson } from '../api/parse-json.ts';
import type { Order } from '../orders/order.ts';
import type { SimulatorParts } from '../simulator-parts.ts';

export interface CallNumbers {
  readonly outTradeNo: string | undefined;
  readonly outRefundNo: string | undefined;
}

/** The order and refund a call is about, whichever of their numbers it names, in its path or its body. */
export function numbersOfCall(
  parts: SimulatorParts,
  mchid: string,
  params: Readonly<Record<string, string>>,
  body: string,
): CallNumbers {
  const named = body === '' ? params : { ...params, ...fieldsOf(body) };
  const outRefundNo = textOf(named.out_refund_no);
  const order = orderNamed(parts, mchid, textOf(named.transaction_id), outRefundNo);
  return { outTradeNo: textOf(named.out_trade_no) ?? order?.terms.outTradeNo, outRefundNo };
}

function orderNamed(
  parts: SimulatorParts,
  mchid: string,
  transactionId: string | undefined,
  outRefundNo: string | undefined,
): Order | undefined {
  if (transactionId !== undefined) return parts.orders.findByTransactionId(mchid, transactionId);
  return outRefundNo === undefined ? undefined : parts.refunds.find(mchid, outRefundNo)?.order;
}

function fieldsOf(body: string): Record<string, unknown> {
  const json = parseJson(body);
  return typeof json === 'object' && json !== null ? { ...json } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The mchid an Authorization header claims, unverified; empty when it claims none. */
export function claimedMchid(authorization: string | undefined): string {
  return /mchid="([^"]*)"/.exec(authorization ?? '')?.[1] ?? '';
}
