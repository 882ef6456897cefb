import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { inTransaction } from '@payguard/shared/database/transaction';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import type { Announcement } from './announcements.ts';
import { creditAnnouncements, mismatchAnnouncements } from './announcements.ts';
import type { FoldedOrder, WaitingEvent } from './fold-order.ts';
import { foldOrder } from './fold-order.ts';
import { readCreditLines, writeLedger } from './ledger.ts';
import type { OrderName } from './lock-orders.ts';
import { lockOrders } from './lock-orders.ts';
import { lockUsers } from './lock-users.ts';
import type { ReceivedEvent } from './order-event.ts';
import type { OrderState } from './order-state.ts';
import { loadWaiting, parkEvents, settleParked } from './parked-events.ts';
import type { PointsSettings } from './settings.ts';
import { policyOf } from './settings.ts';
import { writeChecks, writeEvidence, writeOrders, writeRefunds } from './write-orders.ts';

/** New events, and orders to look at again because something is parked for them. */
export type Round = { events: readonly ReceivedEvent[]; alsoOrders: readonly OrderName[] };

export type RoundResult = {
  /** The credits, to be told once they are committed. */
  announcements: Announcement[];
  /** Parked rows whose effects are in the database; they go when the announcements are out. */
  appliedParked: number[];
  /** What became of each order that exists. */
  folded: readonly FoldedOrder[];
  outcomes: Map<string, number>;
};

/**
 * Applies a round of events in one transaction: all of it or nothing (invariants 1, 2 and 5). Orders are locked in id
 * order, then their users in id order, so that rounds of several pods and the shop's own transactions cannot deadlock on
 * each other in the common case. Throws what the database throws; the caller decides about another try.
 */
export async function applyRound(
  pool: DatabasePool,
  round: Round,
  settings: PointsSettings,
  clock: Clock,
  tellFirst: (mismatches: Announcement[]) => Promise<void>,
): Promise<RoundResult> {
  const names = [...round.events.map(({ event }) => event.data), ...round.alsoOrders];
  return inTransaction(pool, async (connection) => {
    const now = clock.now();
    const orders = await lockOrders(connection, names, settings.shopTimeZone);
    const waiting = await loadWaiting(connection, [...orders.values()]);
    const balances = await lockUsers(connection, [...orders.values()], now);
    const { folded, orphans } = foldRound(round.events, orders, waiting, balances, settings, now);
    const ledger = await writeRound(connection, folded, orphans, balances, settings, now);
    // Before the commit: afterwards the orders no longer show what was found, and a crash would keep it from everybody. A
    // mismatch told for a transaction that is then rolled back is told again, under the same id.
    const mismatches = mismatchAnnouncements(folded, now);
    if (mismatches.length > 0) await tellFirst(mismatches);
    const earlier = await readCreditLines(
      connection,
      folded.filter((order) => order.alreadyCredited.length > 0),
    );
    return {
      announcements: creditAnnouncements(folded, [...ledger, ...earlier], now),
      appliedParked: folded.flatMap((order) => order.unparked.flatMap((event) => event.parkedId ?? [])),
      folded,
      outcomes: countOutcomes(folded, orphans.length),
    };
  });
}

/** Everything between reading and writing: pure. Orders in id order, so that ledger rows come in the order of the locks. */
function foldRound(
  events: readonly ReceivedEvent[],
  orders: ReadonlyMap<string, OrderState>,
  waiting: ReadonlyMap<number, WaitingEvent[]>,
  balances: ReadonlyMap<number, number>,
  settings: PointsSettings,
  now: number,
): { folded: FoldedOrder[]; orphans: WaitingEvent[] } {
  const byOrder = new Map<string, ReceivedEvent[]>();
  const orphans: WaitingEvent[] = [];
  for (const received of events) {
    const key = orderKeyOf(received.event.data);
    if (!orders.has(key)) orphans.push({ ...received, parkedId: undefined, reason: 'no_such_order' });
    else pushTo(byOrder, key, received);
  }
  const running = new Map(balances);
  const inIdOrder = [...orders].sort(([, a], [, b]) => a.id - b.id);
  const folded = inIdOrder.map(([key, order]) => {
    const balance = running.get(order.userId) ?? 0;
    const context = { now, balance, ...policyOf(settings, order.mchid) };
    const result = foldOrder(order, waiting.get(order.id) ?? [], byOrder.get(key) ?? [], context);
    running.set(
      order.userId,
      result.ledger.reduce((sum, line) => sum + line.amount, balance),
    );
    return result;
  });
  return { folded, orphans };
}

async function writeRound(
  connection: DatabaseConnection,
  folded: FoldedOrder[],
  orphans: WaitingEvent[],
  balances: ReadonlyMap<number, number>,
  settings: PointsSettings,
  now: number,
) {
  const ledger = await writeLedger(connection, folded, balances, settings.shopTimeZone, now);
  await writeOrders(connection, folded, settings.shopTimeZone, now);
  await writeEvidence(connection, folded);
  await writeRefunds(connection, folded, now);
  await parkEvents(connection, [...orphans, ...folded.flatMap((order) => order.park)], now);
  await settleParked(connection, folded, now);
  await writeChecks(connection, folded, now);
  return ledger;
}

function countOutcomes(folded: FoldedOrder[], orphans: number): Map<string, number> {
  const counts = new Map<string, number>(orphans === 0 ? [] : [['parked', orphans]]);
  for (const order of folded) {
    for (const outcome of order.outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
