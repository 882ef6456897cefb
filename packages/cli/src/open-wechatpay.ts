import { systemClock } from '@payguard/shared/clock/clock';
import { loadMerchantsFile, type Merchant } from '@payguard/shared/config/merchants-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import type { WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import { loadKeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import { asBadInput } from './as-bad-input.ts';
import { readWechatPayVariables } from './config.ts';

export type WechatPaySettings = { merchants: Merchant[]; apiUrls: string[] };

export type WechatPayAccess = {
  merchants: readonly Merchant[];
  /** By mchid; those that have a private key. */
  clients: ReadonlyMap<string, WechatPayClient>;
};

/** merchants.yaml and where WeChat Pay is. Throws BadInput when MERCHANTS_FILE is missing or wrong. */
export function readWechatPaySettings(): WechatPaySettings {
  const { merchantsFile, apiUrls } = readWechatPayVariables();
  return { merchants: asBadInput(() => loadMerchantsFile(merchantsFile)), apiUrls };
}

/** Runs the work with clients that share the operators' part of the request budget, and closes them in the end. */
export async function withWechatPay<T>(
  pool: DatabasePool,
  settings: WechatPaySettings,
  work: (access: WechatPayAccess) => Promise<T>,
): Promise<T> {
  const { merchants, apiUrls } = settings;
  const clients = asBadInput(() => {
    const keys = loadKeyRing(merchants);
    return openWechatPayClients({
      merchants,
      apiUrls,
      keys: () => keys,
      clock: systemClock,
      // What matters reaches the person as the outcome of the call.
      log: createLogger('payguard-cli', 'silent'),
      budget: { pool, share: 'operators' },
    });
  });
  try {
    return await work({ merchants, clients: clients.byMchid });
  } finally {
    await clients.close();
  }
}
