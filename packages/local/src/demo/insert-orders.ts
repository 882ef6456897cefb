import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { countUsers, type PlannedOrder } from './plan-orders.ts';

/** The shop's own times; points reads SHOP_TIME_ZONE, whose default is the same. */
const SHOP_TIME_ZONE = 'Asia/Shanghai';
const ORDER_LIFE_MS = 2 * 3_600_000;
/** When the poll first looks. */
const FIRST_CHECK_MS = 5_000;
/** Rows in one INSERT: well below a server's packet limit. */
const CHUNK_ROWS = 1_000;

export type InsertedOrders = { userIds: bigint[] /** ms UTC */; expiresAt: number };

/** Does what the shop does when its users order: users, pending orders, and the first check of each. */
export async function insertOrders(
  prisma: PrismaClient,
  orders: readonly PlannedOrder[],
  owner: { run: string; mchid: string; appid: string },
): Promise<InsertedOrders> {
  const now = Date.now();
  const shopNow = new Date(`${toShopTime(now, SHOP_TIME_ZONE).replace(' ', 'T')}Z`);
  const expiresAt = now + ORDER_LIFE_MS;
  const userIds = await insertUsers(prisma, owner.run, countUsers(orders.length), shopNow);
  for (const chunk of chunksOf(orders)) {
    await prisma.paymentOrder.createMany({
      data: chunk.map(({ outTradeNo, user, amountTotal, points, bonusPoints }) => ({
        orderNo: outTradeNo,
        outTradeNo,
        userId: userIds[user] ?? 0n,
        paymentStatus: 'pending',
        points,
        bonusPoints,
        mchid: owner.mchid,
        appid: owner.appid,
        amountTotal: BigInt(amountTotal),
        currency: 'CNY',
        createdAt: shopNow,
        updatedAt: shopNow,
        expiresAt: new Date(expiresAt),
      })),
    });
  }
  const inserted = await prisma.paymentOrder.findMany({ where: { userId: { in: userIds } }, select: { id: true } });
  for (const chunk of chunksOf(inserted)) {
    await prisma.orderCheck.createMany({
      data: chunk.map(({ id }) => ({ orderId: id, nextCheckAt: new Date(now + FIRST_CHECK_MS) })),
    });
  }
  return { userIds, expiresAt };
}

async function insertUsers(prisma: PrismaClient, run: string, count: number, shopNow: Date): Promise<bigint[]> {
  const nickname = `demo ${run}`;
  await prisma.user.createMany({
    data: Array.from({ length: count }, () => ({ nickname, createdAt: shopNow, updatedAt: shopNow })),
  });
  const users = await prisma.user.findMany({ where: { nickname }, select: { id: true }, orderBy: { id: 'asc' } });
  return users.map(({ id }) => id);
}

function chunksOf<T>(rows: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) chunks.push(rows.slice(from, from + CHUNK_ROWS));
  return chunks;
}
