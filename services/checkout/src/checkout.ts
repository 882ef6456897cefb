import { hostname } from 'node:os';
import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { MicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import type { SyncDependencies } from '@payguard/shared/sync-order/sync-order';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { CheckoutMetrics } from './metrics.ts';
import type { ServedMerchant } from './served-merchants.ts';

/** What the steps of every call work with. */
export type Checkout = {
  pool: DatabasePool;
  publisher: Pick<MicroBatchPublisher, 'publish'>;
  merchants: ReadonlyMap<string, ServedMerchant>;
  shopTimeZone: string;
  clock: Clock;
  metrics: CheckoutMetrics;
  log: Logger;
};

/** Who holds a lease: this process, so that a person finds it. */
export const LEASE_NAME = `checkout/${hostname()}/${process.pid}`.slice(0, 128);

/** For sync-order, the only way in which checkout learns anything from WeChat Pay. */
export function syncDependencies(checkout: Checkout, { client }: ServedMerchant): SyncDependencies {
  return { client, publisher: checkout.publisher, clock: checkout.clock, source: '/payguard/checkout' };
}
