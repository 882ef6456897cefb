import { systemClock } from '@payguard/shared/clock/clock';
import { checkInvariants } from '@payguard/shared/database/check-invariants';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { insertRows } from '@payguard/shared/database/multi-row';
import type { AnnouncedRecord } from '@payguard/shared/kafka/announcer';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { expect } from 'vitest';
import { openTestDatabase } from '../../../packages/shared/tests/database/open-test-database.ts';
import type { Announcement } from '../src/announcements.ts';
import type { RoundDependencies } from '../src/handle-round.ts';
import { createPointsMetrics } from '../src/metrics.ts';
import type { OrderEvent, ReceivedEvent } from '../src/order-event.ts';
import { APPID, MCHID } from './order-fixtures.ts';

export type PublishedRecord = AnnouncedRecord;

/** A migrated database and what points needs around it; what it publishes is kept in `published`. */
export async function openPointsDatabase() {
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const published: PublishedRecord[] = [];
  const stopping = new AbortController();
  const publish = async (records: PublishedRecord[]) => {
    published.push(...records);
  };
  const deps: RoundDependencies = {
    pool: database.pool,
    announcer: { publish, publishWithin: publish },
    settings: { policies: new Map(), shopTimeZone: 'Asia/Shanghai' },
    clock: systemClock,
    metrics: createPointsMetrics(createMetricsRegistry('points')),
    log: createLogger('points', 'silent'),
    stopping: stopping.signal,
  };
  return { ...database, deps, published, stop: () => stopping.abort(new Error('stopping')) };
}

export type NewOrder = { outTradeNo: string; userId: number; amountTotal: number | null; points: number };

export async function addUsers(pool: DatabasePool, ids: number[], points = 0): Promise<void> {
  await withConnection(pool, (connection) =>
    insertRows(
      connection,
      'INSERT INTO users (id, points) VALUES',
      ids.map((id) => [id, points]),
    ),
  );
}

/** Pending orders, as checkout or the shop would insert them. */
export async function addOrders(pool: DatabasePool, orders: NewOrder[]): Promise<void> {
  await withConnection(pool, (connection) =>
    insertRows(
      connection,
      `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total) VALUES`,
      orders.map((order) => [
        order.outTradeNo,
        order.outTradeNo,
        order.userId,
        order.points,
        MCHID,
        APPID,
        order.amountTotal,
      ]),
    ),
  );
}

async function withConnection<T>(
  pool: DatabasePool,
  work: (connection: Awaited<ReturnType<DatabasePool['getConnection']>>) => Promise<T>,
): Promise<T> {
  const connection = await pool.getConnection();
  try {
    return await work(connection);
  } finally {
    await connection.release();
  }
}

let nextOffset = 0;

/** Events as if each had come in a Kafka record of its own. */
export function received(...events: OrderEvent[]): ReceivedEvent[] {
  return events.map((event) => ({
    event,
    source: { topic: `payment.${event.kind}`, partition: 0, offset: String(nextOffset++) },
  }));
}

export async function expectInvariantsHold(pool: DatabasePool): Promise<void> {
  const results = await checkInvariants(pool);
  expect(results.filter((result) => result.severity === 'broken' && result.violations > 0)).toEqual([]);
}

export function topicsOf(records: PublishedRecord[]): Announcement['topic'][] {
  return records.flatMap((record) =>
    record.topic === 'points.credited' || record.topic === 'payment.mismatch' ? [record.topic] : [],
  );
}
