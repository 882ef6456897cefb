import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { SendingMetrics } from '../sending-metrics.ts';
import type { ShopWebhook } from './open-shop-webhook.ts';

/** The name of its deliveries among those of the channels. */
export const SHOP_CHANNEL = 'shop';

/** What the loop that tells the shop works with. */
export type ShopWorld = {
  webhook: ShopWebhook;
  pool: DatabasePool;
  clock: Clock;
  log: Logger;
  metrics: SendingMetrics;
  stopping: AbortSignal;
  /** A sign of life: called after each look for work, good or bad. */
  onTurn(): void;
};
