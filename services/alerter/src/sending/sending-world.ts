import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { SendingMetrics } from './sending-metrics.ts';

/** What every loop that sends works with. */
export type SendingWorld = {
  pool: DatabasePool;
  clock: Clock;
  log: Logger;
  metrics: SendingMetrics;
  stopping: AbortSignal;
  /** A sign of life: called after each look for work, good or bad. */
  onTurn(): void;
};
