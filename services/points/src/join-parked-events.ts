import { utcText } from '@payguard/shared/database/multi-row';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import { toMismatchRecord } from './announcements.ts';
import type { RoundDependencies } from './handle-round.ts';
import { handleParked } from './handle-round.ts';
import type { ParkedRow } from './parked-events.ts';
import { PARKED_COLUMNS, toWaitingEvent } from './parked-events.ts';
import { isShopsOrder } from './settings.ts';

/** Rows looked at in one go; what is left comes with the next turn. */
const MAX_ROWS = 200;
/** An applied row this old was left behind by a crash between commit and announcement. */
const LEFT_BEHIND_AFTER_MS = 10_000;

/**
 * Brings parked events and orders together: orders can appear without an event (the shop inserts them), and a crash can
 * leave an applied event unannounced. Reports events that nobody has an order for.
 */
export async function joinParkedEvents(deps: RoundDependencies): Promise<void> {
  const steps = [applyToNewOrders, announceLeftBehind, reportUnknownOrders].map((step) => step(deps));
  const failed = (await Promise.allSettled(steps)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function applyToNewOrders(deps: RoundDependencies): Promise<void> {
  const names: { mchid: string; out_trade_no: string }[] = await deps.pool.query(
    `SELECT DISTINCT p.mchid, p.out_trade_no
     FROM parked_events p JOIN payment_orders o ON o.mchid = p.mchid AND o.out_trade_no = p.out_trade_no
       -- The collation ignores spaces at the end; the numbers do not.
       AND LENGTH(o.out_trade_no) = LENGTH(p.out_trade_no)
     WHERE p.state = 'waiting' AND p.reason = 'no_such_order' LIMIT ${MAX_ROWS}`,
  );
  if (names.length === 0) return;
  for (const name of await handleParked({ events: [], alsoOrders: names }, deps)) {
    await deps.pool.query(
      "UPDATE parked_events SET reason = 'cannot_apply' WHERE mchid = ? AND out_trade_no = ? AND state = 'waiting'",
      [name.mchid, name.out_trade_no],
    );
  }
}

async function announceLeftBehind(deps: RoundDependencies): Promise<void> {
  const rows: ParkedRow[] = await deps.pool.query(
    `SELECT ${PARKED_COLUMNS} FROM parked_events WHERE state = 'applied' AND next_check_at <= ? ORDER BY id LIMIT ${MAX_ROWS}`,
    [utcText(deps.clock.now() - LEFT_BEHIND_AFTER_MS)],
  );
  if (rows.length === 0) return;
  await handleParked({ events: rows.map(toWaitingEvent), alsoOrders: [] }, deps);
  await deps.pool.query("DELETE FROM parked_events WHERE state = 'applied' AND id IN (?)", [rows.map((row) => row.id)]);
}

/** Told first, noted second: a crash in between tells it twice, under the same id. */
async function reportUnknownOrders(deps: RoundDependencies): Promise<void> {
  const now = deps.clock.now();
  const rows: ParkedRow[] = await deps.pool.query(
    `SELECT ${PARKED_COLUMNS} FROM parked_events
     WHERE state = 'waiting' AND reason = 'no_such_order' AND reported_at IS NULL AND next_check_at <= ?
     ORDER BY next_check_at, id LIMIT ${MAX_ROWS}`,
    [utcText(now)],
  );
  if (rows.length === 0) return;
  const ours = rows.filter((row) => isShopsOrder(deps.settings, row.mchid, row.out_trade_no));
  const mismatches = new Map(ours.map((row) => [orderKeyOf(row), unknownOrder(row, now)]));
  await deps.announcer.publish([...mismatches.values()]);
  await deps.pool.query('UPDATE parked_events SET reported_at = ? WHERE id IN (?)', [
    utcText(now),
    rows.map((row) => row.id),
  ]);
}

function unknownOrder(row: ParkedRow, now: number) {
  const { event } = toWaitingEvent(row);
  const transactionId = 'transaction_id' in event.data ? event.data.transaction_id : null;
  const amount = 'amount_total' in event.data ? event.data.amount_total : null;
  return toMismatchRecord(
    { mchid: row.mchid, outTradeNo: row.out_trade_no, systemStatus: 'unknown', systemAmount: null },
    {
      kind: 'unknown_order',
      state: 'open',
      wechatStatus: event.kind === 'closed' ? event.data.trade_state : 'SUCCESS',
      transactionId,
      refundId: null,
      wechatAmount: amount,
    },
    now,
  );
}
