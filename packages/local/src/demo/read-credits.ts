import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import type { Credit } from './recovery.ts';

/** Credits of one round are committed in any order: the overlap finds those that became visible late. */
const OVERLAP_MS = 5_000;

export type CreditReader = {
  /** Adds what was credited since the last call to `credits`, by out_trade_no. */
  readNew(credits: Map<string, Credit>): Promise<void>;
};

/** Reads credits of these users' orders as they come; `paidAt` is ms UTC by out_trade_no. */
export function readCredits(
  prisma: PrismaClient,
  userIds: bigint[],
  paidAt: ReadonlyMap<string, number>,
): CreditReader {
  let newest = OVERLAP_MS;
  return {
    async readNew(credits) {
      const rows = await prisma.paymentOrder.findMany({
        where: { userId: { in: userIds }, creditedAt: { gte: new Date(newest - OVERLAP_MS) } },
        select: { id: true, outTradeNo: true, creditedAt: true },
      });
      const fresh = rows.filter(({ outTradeNo }) => !credits.has(outTradeNo));
      const witnesses = await firstWitnesses(
        prisma,
        fresh.map(({ id }) => id),
      );
      for (const { id, outTradeNo, creditedAt } of fresh) {
        const at = creditedAt?.getTime() ?? 0;
        newest = Math.max(newest, at);
        credits.set(outTradeNo, {
          witness: witnesses.get(id) ?? 'unknown',
          recoveryMs: at - (paidAt.get(outTradeNo) ?? at),
        });
      }
    },
  };
}

/** Evidence is written with the credit; what other witnesses say later does not change who was first. */
async function firstWitnesses(prisma: PrismaClient, orderIds: bigint[]): Promise<Map<bigint, string>> {
  if (orderIds.length === 0) return new Map();
  const evidence = await prisma.paymentEvidence.findMany({
    where: { orderId: { in: orderIds } },
    orderBy: { firstSeenAt: 'desc' },
  });
  return new Map(evidence.map(({ orderId, witness }) => [orderId, witness]));
}
