import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { INVARIANT_QUERIES } from '@payguard/shared/database/invariant-queries';
import { utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { counted } from '../counted.ts';
import { findHeld } from '../review/held-payments.ts';
import { type Finding, fail, MAX_EXAMPLES, ok, warn } from './finding.ts';

/** The sweep gives an order its first check within a minute; this long it has not run. */
const UNCHECKED_AFTER_MS = 10 * 60_000;
/** A requested refund is sent within a minute. */
const UNSENT_AFTER_MS = 60 * 60_000;

type Known = { mchids: readonly string[]; now: number; shopTimeZone: string };

/** No state is forgotten (invariant 7): what waits, for whom, and what waits for nobody. */
export async function checkOpenOrders(pool: DatabasePool, known: Known): Promise<Finding[]> {
  return [
    await checkOwners(pool, known),
    await checkChecks(pool, known),
    await checkHeldPayments(pool),
    await checkRefunds(pool, known),
  ];
}

/** An order without a merchant of ours can be asked about by nobody, and no callback finds it. */
async function checkOwners(pool: DatabasePool, { mchids }: Known): Promise<Finding> {
  const check = 'merchants of orders';
  const rows: { mchid: string | null; orders: number }[] = await pool.query(
    'SELECT mchid, COUNT(*) AS orders FROM payment_orders GROUP BY mchid',
  );
  const unknown = rows.filter(({ mchid }) => mchid === null || !mchids.includes(mchid));
  if (unknown.length === 0) return ok(check, 'Each order belongs to a merchant of merchants.yaml.');
  const examples = unknown.map(({ mchid, orders }) => `${mchid ?? 'no mchid'}: ${counted(orders, 'order')}`);
  const remedy =
    'Run payguard migrate --mchid ID --appid ID for those without, or name the merchant in merchants.yaml.';
  return warn(check, 'Some orders belong to no merchant that payguard knows.', remedy, examples);
}

async function checkChecks(pool: DatabasePool, { mchids, now, shopTimeZone }: Known): Promise<Finding> {
  const check = 'next checks';
  const open = INVARIANT_QUERIES.find(({ name }) => name === 'open_order_without_check');
  if (open === undefined) throw new Error('The query open_order_without_check is gone: name it anew here.');
  const rows: { out_trade_no: string }[] = await pool.query(
    `SELECT o.out_trade_no FROM (${open.sql}) AS unchecked JOIN payment_orders o ON o.id = unchecked.order_id
      WHERE o.mchid IN (?) AND o.created_at < ? ORDER BY o.id LIMIT ${MAX_EXAMPLES}`,
    [mchids.length === 0 ? [''] : mchids, toShopTime(now - UNCHECKED_AFTER_MS, shopTimeZone)],
  );
  if (rows.length === 0) return ok(check, 'Each open order is asked about again.');
  const count = rows.length < MAX_EXAMPLES ? String(rows.length) : `${MAX_EXAMPLES} or more`;
  const message = `Open orders that nobody asks about: ${count}.`;
  const names = rows.map(({ out_trade_no }) => out_trade_no);
  return fail(check, message, 'See that the reconciler runs (poll): its sweep takes them up.', names);
}

async function checkHeldPayments(pool: DatabasePool): Promise<Finding> {
  const check = 'held payments';
  const held = (await findHeld(pool)).filter(
    ({ transactionId, verdict }) => transactionId !== null && verdict === null,
  );
  if (held.length === 0) return ok(check, 'None waits for a person.');
  const examples = held
    .slice(0, MAX_EXAMPLES)
    .map(({ outTradeNo, transactionId, why }) => `${outTradeNo}: ${transactionId}, ${why}`);
  return warn(
    check,
    `${counted(held.length, 'payment')} of which somebody must decide.`,
    'payguard review list, then credit, refund or dismiss.',
    examples,
  );
}

async function checkRefunds(pool: DatabasePool, { now }: Known): Promise<Finding> {
  const check = 'requested refunds';
  const rows: { out_refund_no: string; out_trade_no: string }[] = await pool.query(
    `SELECT r.out_refund_no, o.out_trade_no FROM refunds r JOIN payment_orders o ON o.id = r.order_id
      WHERE r.status = 'requested' AND r.created_at < ? ORDER BY r.id LIMIT ${MAX_EXAMPLES}`,
    [utcText(now - UNSENT_AFTER_MS)],
  );
  if (rows.length === 0) return ok(check, 'None has waited for an hour to be sent.');
  const examples = rows.map(({ out_trade_no, out_refund_no }) => `${out_trade_no}: ${out_refund_no}`);
  const remedy = 'See that the reconciler runs (poll), and what WeChat Pay answers it.';
  return fail(check, `Requested more than an hour ago, and not sent: ${rows.length}.`, remedy, examples);
}
