import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import { type PaymentConfirmed, paymentConfirmedSchema } from '@payguard/shared/events/payment-confirmed';
import { type PaymentDecision, paymentDecisionSchema } from '@payguard/shared/events/payment-decision';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import { z } from 'zod';

/** What waits for a person, or has been dismissed by one: a payment, or an order on hold that no payment has come for. */
export type HeldPayment = {
  mchid: string;
  outTradeNo: string;
  /** null: no payment has come yet. */
  transactionId: string | null;
  /** Fen, as WeChat Pay says. */
  amountTotal: number | null;
  /** ms UTC; null where nobody noted it. */
  since: number | null;
  /** late_payment_review, credit_hold, dismissed; of an order without a payment, what its credit_hold says. */
  why: string;
  /** The verdict that counts so far. */
  verdict: PaymentDecision | null;
};

/** Parked payments with these reasons wait for a person (services/points, decide). */
const HELD_REASONS = ['late_payment_review', 'credit_hold', 'dismissed'];
/** Bounds the memory; so many decisions nobody takes by hand. */
const MAX_ROWS = 10_000;
/** Where people disagree, the one that points follows. */
const RANK = { credit: 3, refund: 2, dismiss: 1 } as const;

const storedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('confirmed'), data: paymentConfirmedSchema }),
  z.object({ kind: z.literal('decision'), data: paymentDecisionSchema }),
]);

type ParkedRow = { reason: string; event: string; parked_at: string };
type HoldRow = { mchid: string | null; out_trade_no: string; credit_hold: string };
type OrderName = { mchid: string; outTradeNo: string };

/** All held payments and orders, or those of one order; oldest first. */
export async function findHeld(
  pool: Pick<DatabasePool, 'query'>,
  only: OrderName | null = null,
): Promise<HeldPayment[]> {
  const one = only === null ? '' : 'AND mchid = ? AND out_trade_no = ?';
  const names = only === null ? [] : [only.mchid, only.outTradeNo];
  const parked: ParkedRow[] = await pool.query(
    {
      sql: `SELECT reason, event, parked_at FROM parked_events
             WHERE state = 'waiting' AND (reason = 'verdict' OR (kafka_topic = 'payment.confirmed' AND reason IN (?))) ${one}
             ORDER BY id LIMIT ${MAX_ROWS}`,
      dateStrings: true,
    },
    [HELD_REASONS, ...names],
  );
  const holds: HoldRow[] = await pool.query(
    `SELECT mchid, out_trade_no, credit_hold FROM payment_orders WHERE credit_hold IS NOT NULL ${one}
      ORDER BY id LIMIT ${MAX_ROWS}`,
    names,
  );
  return gatherHeld(parked, holds);
}

/** Pure: several witnesses of one payment become one line, with the verdict that counts; holds without a payment follow. */
function gatherHeld(parked: readonly ParkedRow[], holds: readonly HoldRow[]): HeldPayment[] {
  const payments = new Map<string, HeldPayment>();
  const verdicts = new Map<string, PaymentDecision>();
  for (const row of parked) {
    const stored = storedSchema.parse(JSON.parse(row.event));
    const key = keyOf(stored.data);
    if (stored.kind === 'decision') {
      const known = verdicts.get(key);
      if (known === undefined || RANK[stored.data.verdict] > RANK[known.verdict]) verdicts.set(key, stored.data);
    } else if (!payments.has(key)) {
      payments.set(key, toHeld(stored.data, row));
    }
  }
  const withPayment = new Set([...payments.values()].map((held) => nameOf(held.mchid, held.outTradeNo)));
  const bare = holds.filter((hold) => !withPayment.has(nameOf(hold.mchid ?? '', hold.out_trade_no)));
  return [
    ...[...payments].map(([key, held]) => ({ ...held, verdict: verdicts.get(key) ?? null })),
    ...bare.map(toHeldOrder),
  ];
}

function toHeld(payment: PaymentConfirmed, { reason, parked_at }: ParkedRow): HeldPayment {
  return {
    mchid: payment.mchid,
    outTradeNo: payment.out_trade_no,
    transactionId: payment.transaction_id,
    amountTotal: payment.amount_total,
    since: fromUtcText(parked_at),
    why: reason,
    verdict: null,
  };
}

function toHeldOrder({ mchid, out_trade_no, credit_hold }: HoldRow): HeldPayment {
  return {
    mchid: mchid ?? '',
    outTradeNo: out_trade_no,
    transactionId: null,
    amountTotal: null,
    since: null,
    why: credit_hold,
    verdict: null,
  };
}

function keyOf({ mchid, out_trade_no, transaction_id }: PaymentConfirmed | PaymentDecision): string {
  return `${nameOf(mchid, out_trade_no)}:${transaction_id}`;
}

function nameOf(mchid: string, outTradeNo: string): string {
  return orderKeyOf({ mchid, out_trade_no: outTradeNo });
}
