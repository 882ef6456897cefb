import type { Clock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { MicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import type { RequestCounts } from '../count-requests.ts';
import type { Counts } from '../counts.ts';
import type { LeaseSource } from './lease.ts';
import type { CheckWriter } from './settle-checks.ts';

/** The source attribute of what the reconciler publishes. */
export const SOURCE = '/payguard/reconciler';

export type PollDependencies = {
  pool: DatabasePool;
  publisher: Pick<MicroBatchPublisher, 'publish'>;
  /** By mchid; orders of other merchants wait. */
  clients: ReadonlyMap<string, WechatPayClient>;
  merchants: readonly Merchant[];
  clock: Clock;
  log: Logger;
  /** IANA name; created_at is written in it. */
  shopTimeZone: string;
  /** 0 to 1: spreads orders of one moment. */
  chance: () => number;
  /** host:pid:random: whose leases these are. */
  runBy: string;
  /** Lookups in flight at once, at most, for each merchant. */
  concurrency: number;
  /** What the clients ask, counted as it happens; unset: nobody counts it. */
  requests?: Pick<RequestCounts, 'all'>;
};

/** What a run adds to that for one merchant. */
export type MerchantPoll = Omit<PollDependencies, 'clients' | 'merchants' | 'runBy' | 'concurrency' | 'requests'> & {
  merchant: Merchant;
  client: WechatPayClient;
  concurrency: number;
  counts: Counts;
  writer: CheckWriter;
  nextToken: LeaseSource;
  /** Aborted once nothing more is to be sent. */
  stop: AbortSignal;
};
