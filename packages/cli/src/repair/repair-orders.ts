import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { MicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import { confirmedRecord } from '@payguard/shared/sync-order/order-records';
import { publish } from '@payguard/shared/sync-order/sync-order';
import { inParallel } from '../in-parallel.ts';
import { awaitPoints, type OrderAfter } from './await-points.ts';
import { isPublished, type JudgedOrder } from './judge-order.ts';

export type RepairResult =
  | 'credited'
  /** Held for a person: payguard review. */
  | 'held'
  /** Its money goes back to the payer. */
  | 'sent_back'
  /** Published, but points has not applied it yet; it will. */
  | 'waiting'
  /** Kafka did not acknowledge it in time. It may still arrive; repair it again. */
  | 'not_published';

export type RepairedOrder = JudgedOrder & { result: RepairResult; after: OrderAfter | null };

export type RepairDependencies = { pool: DatabasePool; publisher: MicroBatchPublisher; clock: Clock };

const SOURCE = '/payguard/repair';
/** Records of one batch of the publisher's. */
const PUBLISHED_AT_ONCE = 100;

/**
 * Publishes the payments among the judged orders, as the answers of WeChat Pay that were judged say them, and waits until
 * points has applied them: 60 s at most.
 */
export async function repairOrders(
  { pool, publisher, clock }: RepairDependencies,
  judged: readonly JudgedOrder[],
  onProgress: (line: string) => void,
): Promise<RepairedOrder[]> {
  const payments = judged.filter(isPublished);
  const published = await inParallel(payments, PUBLISHED_AT_ONCE, async (payment) => ({
    ...payment,
    acknowledged: await publishPayment({ publisher, clock }, payment),
  }));
  const acknowledged = published.filter((payment) => payment.acknowledged);
  onProgress(`${acknowledged.length} of ${payments.length} payments published, waiting for points`);
  const orderIds = acknowledged.flatMap(({ order }) => (order === null ? [] : [order.id]));
  const applied = await awaitPoints(pool, orderIds);
  return published.map(({ acknowledged: isOut, ...payment }) => {
    const after = payment.order === null ? undefined : applied.get(payment.order.id);
    return { ...payment, after: after ?? null, result: isOut ? (after?.result ?? 'waiting') : 'not_published' };
  });
}

/** The same event as poll and checkout publish, by another witness. */
async function publishPayment(
  { publisher, clock }: Pick<RepairDependencies, 'publisher' | 'clock'>,
  { answer }: JudgedOrder,
): Promise<boolean> {
  if (answer?.outcome !== 'found' || !('transactionId' in answer.order)) return false;
  const seen = { source: SOURCE, now: clock.now(), requestId: answer.requestId };
  return publish({ publisher }, confirmedRecord(answer.order, 'manual', seen));
}
