import type { Clock } from '../clock/clock.ts';
import type { Merchant } from '../config/merchants-file.ts';
import type { DatabasePool } from '../database/connection-pool.ts';
import type { BudgetShare } from '../request-budget/budget-shares.ts';
import { createRequestBudget } from '../request-budget/request-budget.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KeyRing } from '../wechatpay-verify/key-ring.ts';
import { createEntryPoints } from './entry-points.ts';
import { openConnections } from './http-connections.ts';
import { readCredentials } from './merchant-credentials.ts';
import type { WechatPayClient } from './outcomes.ts';
import type { Attempt } from './send-request.ts';
import { createWechatPayClient } from './wechatpay-client.ts';

export type WechatPayClients = {
  /** By mchid; those of merchants.yaml that have a private key. */
  readonly byMchid: ReadonlyMap<string, WechatPayClient>;
  /** Lets no further request out and ends the connections, within 5 s. May be called twice. */
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
  /** Told of every attempt, for metrics; must not throw. */
  onAttempt?: (attempt: Attempt) => void;
};

/** A client for each merchant that can sign. Throws ConfigError naming the file when a private key cannot be read. */
export function openWechatPayClients(options: OpenClientsOptions): WechatPayClients {
  const { clock, log, keys } = options;
  const signing = options.merchants.flatMap((merchant) => {
    const credentials = readCredentials(merchant);
    return credentials === undefined ? [] : [{ merchant, credentials }];
  });
  const stop = new AbortController();
  const connections = openConnections();
  const entryPoints = createEntryPoints(options.apiUrls);
  const links = signing.map(({ merchant: { mchid, requestsPerSecond }, credentials }) => ({
    ...{ credentials, keys, clock, connections, entryPoints, stopped: stop.signal },
    budget: createRequestBudget({ ...options.budget, clock, log, mchid, requestsPerSecond }),
    onAttempt: options.onAttempt ?? (() => undefined),
  }));
  return {
    byMchid: new Map(links.map((link) => [link.credentials.mchid, createWechatPayClient(link, log)])),
    async close() {
      stop.abort();
      for (const { budget } of links) budget.close();
      await connections.close();
    },
  };
}
