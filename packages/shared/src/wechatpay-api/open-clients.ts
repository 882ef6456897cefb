import type { Clock } from '../clock/clock.ts';
import type { Merchant } from '../config/merchants-file.ts';
import type { DatabasePool } from '../database/connection-pool.ts';
import type { BudgetShare } from '../request-budget/budget-shares.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KeyRing } from '../wechatpay-verify/key-ring.ts';
import type { WechatPayClient } from './outcomes.ts';

export type WechatPayClients = {
  /** By mchid; those of merchants.yaml that have a private key. */
  readonly byMchid: ReadonlyMap<string, WechatPayClient>;
  /** Lets no further request out and ends the connections. */
  close(): Promise<void>;
};

export type OpenClientsOptions = {
  merchants: readonly Merchant[];
  /** Entry points in order of preference, without a slash at the end (facts: api.mch… and api2.mch…). */
  apiUrls: readonly string[];
  /** WeChat Pay's keys, as they are now. */
  keys(): KeyRing;
  clock: Clock;
  log: Logger;
  /** Every HTTP attempt takes a slot of this share, whose rows are in the database. */
  budget: { pool: DatabasePool; share: BudgetShare };
};

/** A client for each merchant that can sign. Throws ConfigError naming the file when a private key cannot be read. */
export function openWechatPayClients(_options: OpenClientsOptions): WechatPayClients {
  throw new Error('not yet');
}
