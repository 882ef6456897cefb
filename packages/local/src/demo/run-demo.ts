import type { WriteStream } from 'node:tty';
import { checkInvariants, type InvariantResult } from '@payguard/shared/database/check-invariants';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { createPrismaClient, type PrismaClient } from '@payguard/shared/database/prisma-client';
import type { DemoTarget } from './demo-target.ts';
import { type Followed, followPayments } from './follow-payments.ts';
import { insertOrders } from './insert-orders.ts';
import { judge, type Verdict } from './judge.ts';
import { openLiveTable } from './live-table.ts';
import { type DemoSizes, INCIDENT, type PlannedOrder, planOrders } from './plan-orders.ts';
import { prepayOrders } from './prepay-orders.ts';
import { type Credit, describeRecovery, type Recovery, recoveryByWitness } from './recovery.ts';

export type DemoOptions = {
  run: DemoTarget;
  sizes: DemoSizes;
  seed: string;
  output: WriteStream;
  signal: AbortSignal;
};

export type DemoOutcome = {
  verdict: Verdict;
  invariants: InvariantResult[];
  /** False when it was given up after 120 s without progress. */
  isComplete: boolean;
  incident: IncidentOutcome;
  report: DemoReport;
};

/** What became of the incident's own order; skipped: an earlier demo played it. */
export type IncidentOutcome =
  | { outcome: 'skipped' }
  | { outcome: 'lost' }
  | { outcome: 'credited'; credit: Credit; isCallbackLost: boolean };

/** What `--json` writes. Times are ms from the payment at WeChat Pay to the commit of the credit. */
export type DemoReport = {
  orders: number;
  paid: number;
  credited: number;
  lost: number;
  doubled: number;
  wrong: number;
  /** By the first witness of each credited order. */
  byWitness: Record<string, Recovery>;
  recoveryMs: { p50: number; p99: number; max: number };
  seed: string;
};

/** Plays the incident against a running system: orders, prepays, payments with faulty callbacks; then judges what came of it. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const { run, sizes, seed, output, signal } = options;
  const { prisma, close } = createPrismaClient({ url: run.database.url });
  const say = (line: string) => output.write(`${line}\n`);
  try {
    const withIncident = !(await hasIncident(prisma, run.merchant.mchid));
    if (!withIncident) say(`  ${INCIDENT.outTradeNo} is here from an earlier demo, this one plays without it`);
    const id = Date.now().toString(36).toUpperCase();
    const orders = planOrders({ sizes, seed, run: id, withIncident });
    const { userIds, expiresAt } = await insertOrders(prisma, orders, { run: id, ...run.merchant });
    signal.throwIfAborted();
    await prepayOrders(run, orders, expiresAt);
    say(`  ${orders.length} orders are in the shop's database and prepaid by signed calls; now their payers pay\n`);

    const { controlUrl } = run.simulator;
    const table = openLiveTable(output, orders.length);
    const followed = await followPayments({ prisma, controlUrl, orders, userIds, onMoment: table.show, signal });
    table.end();
    const verdict = await judge({ prisma, controlUrl, orders, userIds, atWechatPay: followed.atWechatPay });
    return {
      verdict,
      invariants: await checkWholeDatabase(run.database.url),
      isComplete: followed.isComplete,
      incident: withIncident ? incidentOutcome(orders, followed) : { outcome: 'skipped' },
      report: toReport(orders.length, verdict, followed, seed),
    };
  } finally {
    await close();
  }
}

/** Any invariant broken, any order lost, doubled or wrong, or callbacks that never came to an end. */
export function hasFailed({ verdict, invariants, isComplete }: DemoOutcome): boolean {
  const isBroken = invariants.some(({ severity, violations }) => severity === 'broken' && violations > 0);
  return isBroken || !isComplete || verdict.lost.length + verdict.doubled.length + verdict.wrong.length > 0;
}

async function hasIncident(prisma: PrismaClient, mchid: string): Promise<boolean> {
  const { outTradeNo, transactionId } = INCIDENT;
  return (await prisma.paymentOrder.count({ where: { mchid, OR: [{ outTradeNo }, { transactionId }] } })) > 0;
}

function incidentOutcome(orders: readonly PlannedOrder[], { credits }: Followed): IncidentOutcome {
  const credit = credits.get(INCIDENT.outTradeNo);
  if (credit === undefined) return { outcome: 'lost' };
  const order = orders.find(({ outTradeNo }) => outTradeNo === INCIDENT.outTradeNo);
  return { outcome: 'credited', credit, isCallbackLost: order?.fate === 'lost' };
}

async function checkWholeDatabase(url: string): Promise<InvariantResult[]> {
  const pool = createDatabasePool({ url, connectionLimit: 1 });
  try {
    return await checkInvariants(pool);
  } finally {
    await pool.end();
  }
}

function toReport(orders: number, verdict: Verdict, followed: Followed, seed: string): DemoReport {
  const credits = [...followed.credits.values()];
  const { p50, p99, max } = describeRecovery(credits);
  return {
    orders,
    paid: verdict.paid,
    credited: verdict.credited,
    lost: verdict.lost.length,
    doubled: verdict.doubled.length,
    wrong: verdict.wrong.length,
    byWitness: recoveryByWitness(credits),
    recoveryMs: { p50, p99, max },
    seed,
  };
}
