import { percentile } from '@payguard/local/demo/percentile';
import { checkInvariants } from '@payguard/shared/database/check-invariants';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import type { PlannedPayment } from './payment-plan.ts';
import type { PollWorld } from './poll-world.ts';
import { busiestSpan } from './query-arrivals.ts';

/** p50, p99 and max in ms. */
export type Spread = { p50: number; p99: number; max: number };

export type RecoveryFigures = {
  paid: number;
  credited: number;
  /** From the payment at WeChat Pay to the credit, on the simulator's clock, by the witness that told of it. */
  byWitness: Record<string, Spread & { orders: number }>;
  recovery: Spread;
  /** The part of it until WeChat Pay was asked: what plan and budget decide, at any speed of the clock. */
  untilAsked: Spread;
  /** From then to the credit, in real ms: what this machine took. */
  machine: Spread;
  requests: number;
  /** On the simulator's clock. */
  requestsInBusiestMinute: number;
  /** Names of broken invariants. */
  broken: string[];
};

export type Credit = { creditedAt: number; witness: string };

const MINUTE_MS = 60_000;

/** Credits by order number. `credited_at` is the moment of points' transaction on the world's clock. */
export async function readCredits({ pool }: PollWorld): Promise<Map<string, Credit>> {
  const rows: { out_trade_no: string; credited_at: string; witness: string }[] = await pool.query({
    sql: `SELECT o.out_trade_no, o.credited_at, e.witness FROM payment_orders o
          JOIN payment_evidence e ON e.order_id = o.id WHERE o.credited_at IS NOT NULL`,
    dateStrings: true,
  });
  return new Map(
    rows.map((row) => [row.out_trade_no, { creditedAt: fromUtcText(row.credited_at) ?? 0, witness: row.witness }]),
  );
}

export async function recoveryFigures(
  world: PollWorld,
  plan: readonly PlannedPayment[],
  speed: number,
): Promise<RecoveryFigures> {
  const credits = await readCredits(world);
  const seen = plan.flatMap(({ outTradeNo, paidAt }) => {
    const credit = credits.get(outTradeNo);
    const askedAt = world.arrivals.firstFor(outTradeNo, paidAt);
    return credit === undefined || askedAt === undefined ? [] : [{ ...credit, paidAt, askedAt }];
  });
  const recoveryOf = (orders: typeof seen) => spreadOf(orders.map(({ creditedAt, paidAt }) => creditedAt - paidAt));
  const byWitness = [...Map.groupBy(seen, ({ witness }) => witness)].map(([witness, orders]) => {
    return [witness, { orders: orders.length, ...recoveryOf(orders) }];
  });
  const invariants = await checkInvariants(world.pool);
  return {
    paid: plan.length,
    credited: seen.length,
    byWitness: Object.fromEntries(byWitness),
    recovery: recoveryOf(seen),
    untilAsked: spreadOf(seen.map(({ askedAt, paidAt }) => askedAt - paidAt)),
    machine: spreadOf(seen.map(({ creditedAt, askedAt }) => (creditedAt - askedAt) / speed)),
    requests: world.arrivals.times.length,
    requestsInBusiestMinute: busiestSpan(world.arrivals.times, MINUTE_MS),
    broken: invariants
      .filter(({ severity, violations }) => severity === 'broken' && violations > 0)
      .map(({ name }) => name),
  };
}

function spreadOf(values: readonly number[]): Spread {
  const of = (share: number) => Math.round(percentile(values, share));
  return { p50: of(0.5), p99: of(0.99), max: of(1) };
}

/** One line for people. */
export function recoveryText({ paid, credited, recovery, untilAsked, machine, requests }: RecoveryFigures): string {
  const seconds = ({ p50, p99, max }: Spread) => [p50, p99, max].map((ms) => (ms / 1_000).toFixed(2)).join(' / ');
  return (
    `${credited} of ${paid} credited, recovery p50/p99/max ${seconds(recovery)} s ` +
    `(until asked ${seconds(untilAsked)} s; from there ${seconds(machine)} s of this machine), ${requests} requests`
  );
}
