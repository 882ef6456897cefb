import { parseArgs } from 'node:util';
import { EXIT_OK } from '../command.ts';
import { formatTable } from '../format-table.ts';
import { withDatabase } from '../open-database.ts';
import { findHeld, type HeldPayment } from '../review/held-payments.ts';

/** `payguard review list`. */
export async function runReviewList(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false }, 'database-url': { type: 'string' } },
  });
  const held = await withDatabase(values['database-url'], (pool) => findHeld(pool));
  console.log(values.json ? JSON.stringify(held.map(toJson), null, 2) : formatHeld(held).join('\n'));
  return EXIT_OK;
}

function formatHeld(held: readonly HeldPayment[]): string[] {
  if (held.length === 0) return ['Nothing waits for a person.'];
  const head = ['ORDER', 'MERCHANT', 'FEN', 'TRANSACTION', 'SINCE', 'WHY', 'VERDICT'];
  const rows = held.map((one) => [
    one.outTradeNo,
    one.mchid,
    String(one.amountTotal ?? '-'),
    one.transactionId ?? 'no payment known',
    one.since === null ? '-' : new Date(one.since).toISOString(),
    one.why,
    one.verdict === null ? '-' : `${one.verdict.verdict} (${one.verdict.by}: ${one.verdict.reason})`,
  ]);
  return [...formatTable([head, ...rows]), '', `${held.length} held.`];
}

function toJson({ mchid, outTradeNo, transactionId, amountTotal, since, why, verdict }: HeldPayment) {
  return {
    mchid,
    out_trade_no: outTradeNo,
    transaction_id: transactionId,
    amount_total: amountTotal,
    since: since === null ? null : new Date(since).toISOString(),
    why,
    verdict,
  };
}
