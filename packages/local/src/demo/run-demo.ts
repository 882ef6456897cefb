import type { WriteStream } from 'node:tty';
import { checkInvariants, type InvariantResult } from '@payguard/shared/database/check-invariants';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { createPrismaClient, type PrismaClient } from '@payguard/shared/database/prisma-client';
import type { RunJson } from '../system/run-file.ts';
import { type Followed, followPayments } from './follow-payments.ts';
import { insertOrders } from './insert-orders.ts';
import { judge, type Verdict } from './judge.ts';
import { openLiveTable } from './live-table.ts';
import { percentile } from './percentile.ts';
import { type DemoSizes, INCIDENT, planOrders } from './plan-orders.ts';
import { prepayOrders } from './prepay-orders.ts';

export type DemoOptions = {
  run: RunJson;
  sizes: DemoSizes;
  seed: string;
  output: WriteStream;
  signal: AbortSignal;
};

export type DemoOutcome = {
  verdict: Verdict;
  invariants: InvariantResult[];
  /** False when it was given up after 90 s without progress. */
  isComplete: boolean;
  incident: 'pending' | 'credited' | 'skipped';
  report: DemoReport;
};

/** What `--json` writes. Times are ms from payment to credit. */
export type DemoReport = {
  orders: number;
  paid: number;
  credited: number;
  pending: number;
  lost: number;
  doubled: number;
  wrong: number;
  byWitness: Record<string, number>;
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
      incident: withIncident ? incidentState(verdict) : 'skipped',
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

function incidentState({ pending }: Verdict): 'pending' | 'credited' {
  return pending.includes(INCIDENT.outTradeNo) ? 'pending' : 'credited';
}

async function checkWholeDatabase(url: string): Promise<InvariantResult[]> {
  const pool = createDatabasePool({ url, connectionLimit: 1 });
  try {
    return await checkInvariants(pool);
  } finally {
    await pool.end();
  }
}

function toReport(orders: number, verdict: Verdict, { recoveryMs }: Followed, seed: string): DemoReport {
  return {
    orders,
    paid: verdict.paid,
    credited: verdict.credited,
    pending: verdict.pending.length,
    lost: verdict.lost.length,
    doubled: verdict.doubled.length,
    wrong: verdict.wrong.length,
    byWitness: verdict.byWitness,
    recoveryMs: {
      p50: percentile(recoveryMs, 0.5),
      p99: percentile(recoveryMs, 0.99),
      max: percentile(recoveryMs, 1),
    },
    seed,
  };
}
