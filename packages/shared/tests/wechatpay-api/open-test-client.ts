import { type Clock, systemClock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { appidSchema, mchidSchema } from '@payguard/shared/rules/wechat-fields';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import type { WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import type { Attempt } from '@payguard/shared/wechatpay-api/send-request';
import type { KeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import { openTestDatabase, type TestDatabase } from '../database/open-test-database.ts';

export const NOTIFY_URL = 'https://pay.shop.example/api/payment/wechat/callback';
/** So many that no test waits for a slot unless it wants to. */
const PLENTY = 1_000;

export type ClientWish = {
  merchant: Merchant;
  keys: KeyRing;
  apiUrls: string[];
  clock?: Clock | undefined;
  requestsPerSecond?: number | undefined;
};

export type OpenedClient = {
  client: WechatPayClient;
  /** Every attempt, as metrics are told of it. */
  attempts: Attempt[];
  logLines: string[];
  close(): Promise<void>;
};

/** A client whose budget is in a real database. */
export function openTestClient({ pool }: TestDatabase, wish: ClientWish): OpenedClient {
  const { merchant, keys, apiUrls, clock = systemClock, requestsPerSecond = PLENTY } = wish;
  const attempts: Attempt[] = [];
  const logLines: string[] = [];
  const { byMchid, close } = openWechatPayClients({
    merchants: [{ ...merchant, requestsPerSecond }],
    apiUrls,
    keys: () => keys,
    clock,
    log: createLogger('test', 'trace', { write: (line) => logLines.push(line) }),
    budget: { pool, share: 'poll' },
    onAttempt: (attempt) => attempts.push(attempt),
  });
  const client = byMchid.get(merchant.mchid);
  if (client === undefined) throw new Error('a merchant with a private key has a client');
  return { client, attempts, logLines, close };
}

export async function openBudgetDatabase(): Promise<TestDatabase> {
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  return database;
}

/** A merchant as merchants.yaml describes it, with all defaults. */
export function merchantWith(mchid: string, appid: string, keys: Merchant['keys']): Merchant {
  return {
    mchid: mchidSchema.parse(mchid),
    appids: [appidSchema.parse(appid)],
    orderPrefixes: [],
    latePayment: 'credit',
    allowNegativeBalance: false,
    requestsPerSecond: 50,
    maxOrderAmount: 5_000_000,
    maxPointsPerYuan: 1_000,
    keys,
  };
}

export function refundOf(transactionId: string, outTradeNo: string, outRefundNo: string) {
  const amounts = { amountRefund: 30, amountTotal: 100 };
  return { transactionId, outTradeNo, outRefundNo, ...amounts, reason: '多付', notifyUrl: NOTIFY_URL };
}
