import { createHash } from 'node:crypto';
import { type JudgedOrder, pointsOf } from './judge-order.ts';

/**
 * SHA-256 over what a repair would do, whatever the order of the list: orders, verdicts, transactions, amounts, and who would get
 * how many points. A real
 * run whose hash is that of a dry run does what the person has seen.
 */
export function hashResult(judged: readonly JudgedOrder[]): string {
  const rows = judged.map((one) => [
    one.mchid,
    one.outTradeNo,
    one.verdict,
    one.statusThere,
    one.transactionId,
    one.amountHere,
    one.amountThere,
    one.order?.user_id ?? null,
    pointsOf(one),
  ]);
  const lines = rows.map((row) => JSON.stringify(row)).toSorted();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
