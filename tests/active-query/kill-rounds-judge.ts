import { setTimeout as delay } from 'node:timers/promises';
import { utcText } from '@payguard/shared/database/multi-row';
import type { Order } from 'wechatpay-simulator/orders/order';
import type { Intent } from './kill-rounds-shop.ts';
import type { KillRoundsSystem } from './kill-rounds-system.ts';
import { brokenInvariants, type OrderRow, readOrders } from './storm-orders.ts';

export type Judgement = {
  orders: number;
  credited: number;
  closed: number;
  refunds: number;
  /** One line for each thing that is not as it should be. */
  wrong: string[];
};

export const USERS = 20;
/** Longer than a lease of a killed poll, and several looks. */
const SETTLED_WITHIN_MS = 90_000;
const LOOK_MS = 500;
const PAGE = 1_000;

/** Waits until everything has come to its end, and says what has not, or to a wrong one. */
export async function judge(system: KillRoundsSystem, intents: readonly Intent[]): Promise<Judgement> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  const numbers = await numbersAtWechat(system);
  for (;;) {
    const orders = await readOrders(system.pool);
    const openRefunds = await countOpenRefunds(system);
    const wrong = intents.flatMap((intent) => wrongWith(system, intent, numbers.get(intent.name) ?? [], orders));
    if (openRefunds > 0) wrong.push(`${openRefunds} refunds are not final`);
    if (wrong.length === 0 || performance.now() > deadline) {
      if (orders.size !== intents.length)
        wrong.push(`${orders.size} orders in the shop for ${intents.length} customers`);
      wrong.push(...(await brokenInvariants(system.pool)));
      return { ...countEnds(system, intents, orders), wrong };
    }
    await makeDue(system);
    await delay(LOOK_MS);
  }
}

/** out_trade_no of each description at WeChat Pay. */
async function numbersAtWechat({ simulator }: KillRoundsSystem): Promise<Map<string, string[]>> {
  const numbers = new Map<string, string[]>();
  for (let after: number | null = 0; after !== null; ) {
    const answer = await fetch(`${simulator.controlUrl}/orders?limit=${PAGE}&after=${after}`);
    const page = (await answer.json()) as {
      orders: { outTradeNo: string; description: string }[];
      next: number | null;
    };
    for (const { description, outTradeNo } of page.orders) {
      numbers.set(description, [...(numbers.get(description) ?? []), outTradeNo]);
    }
    after = page.next;
  }
  return numbers;
}

function wrongWith(
  { simulator, mchid }: KillRoundsSystem,
  intent: Intent,
  prepaid: readonly string[],
  orders: ReadonlyMap<string, OrderRow>,
): string[] {
  const say = (what: string) => [`${intent.name} (${intent.kind}): ${what}`];
  const [outTradeNo] = intent.numbers;
  if (outTradeNo === undefined || intent.numbers.size > 1) return say(`answered ${[...intent.numbers].join()}`);
  if (prepaid.length !== 1 || prepaid[0] !== outTradeNo) return say(`prepaid as ${prepaid.join()}`);
  const order = simulator.findOrder(mchid, outTradeNo);
  const row = orders.get(outTradeNo);
  if (order === undefined || row === undefined) return say('not there');
  return order.payment === undefined ? wrongUnpaid(row, order, say) : wrongPaid(intent, row, order, say);
}

function wrongUnpaid(row: OrderRow, order: Order, say: (what: string) => string[]): string[] {
  if (order.closedAtMs === undefined) return say('neither paid nor closed at WeChat Pay');
  return row.closedAt !== null && row.recharges === 0 ? [] : say(`closed at WeChat Pay, here ${JSON.stringify(row)}`);
}

function wrongPaid(intent: Intent, row: OrderRow, order: Order, say: (what: string) => string[]): string[] {
  if (row.creditedAt === null || row.recharges !== 1) return say(`paid, here ${JSON.stringify(row)}`);
  const wanted = intent.kind === 'refunded' ? [intent.refund] : [];
  const sums = order.refunds.map(({ terms }) => terms.refund);
  if (sums.join() !== wanted.join()) return say(`refunds of ${sums.join()} fen at WeChat Pay`);
  const refunded = wanted[0] ?? 0;
  return row.refundedTotal === refunded ? [] : say(`refunded ${row.refundedTotal} of ${refunded} fen`);
}

function countEnds({ simulator, mchid }: KillRoundsSystem, intents: readonly Intent[], orders: Map<string, OrderRow>) {
  const rows = [...orders.values()];
  const refunds = intents.flatMap(({ numbers }) =>
    [...numbers].flatMap((outTradeNo) => simulator.findOrder(mchid, outTradeNo)?.refunds ?? []),
  );
  return {
    orders: rows.length,
    credited: rows.filter(({ creditedAt }) => creditedAt !== null).length,
    closed: rows.filter(({ closedAt }) => closedAt !== null).length,
    refunds: refunds.length,
  };
}

async function countOpenRefunds({ pool }: KillRoundsSystem): Promise<number> {
  const rows: { open: number }[] = await pool.query(
    "SELECT COUNT(*) AS open FROM refunds WHERE status NOT IN ('SUCCESS', 'CLOSED')",
  );
  return Number(rows[0]?.open ?? 0);
}

/** In place of waiting for minutes: what nobody holds is looked at again now. */
async function makeDue({ pool }: KillRoundsSystem): Promise<void> {
  const now = utcText(Date.now());
  await pool.query('UPDATE order_checks SET next_check_at = ? WHERE lease_by IS NULL AND next_check_at > ?', [
    now,
    now,
  ]);
  await pool.query(
    `UPDATE refunds SET next_check_at = ? WHERE lease_by IS NULL AND next_check_at > ? AND status NOT IN ('SUCCESS', 'CLOSED')`,
    [now, now],
  );
}
