import type { AlertChannel } from '@payguard/shared/alerting/alert-message';
import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { ChannelRules } from './choose.ts';
import type { SendingMetrics } from './sending-metrics.ts';

/** What the loop of one channel works with. */
export type ChannelWorld = {
  channel: AlertChannel;
  rules: ChannelRules;
  pool: DatabasePool;
  clock: Clock;
  log: Logger;
  metrics: SendingMetrics;
  stopping: AbortSignal;
  /** A sign of life: called after each look for work, good or bad. */
  onTurn(): void;
};
