import { alertsFileVariable } from '@payguard/shared/alerting/alerts-file';
import { probeVariables } from '@payguard/shared/callback-probe/probe-variables';
import { readTrustedAuthorities } from '@payguard/shared/callback-probe/trusted-authorities';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import {
  databaseVariable,
  kafkaVariables,
  merchantsFileVariable,
  wechatpayApiUrlsVariable,
} from '@payguard/shared/config/variables';
import { shopTimeZoneVariable } from '@payguard/shared/database/shop-time-zone-variable';
import { z } from 'zod';
import { asBadInput } from './as-bad-input.ts';
import { passwordVariables } from './grants/password-variables.ts';

/** All that the commands read; none needs them all. --brokers and --database-url go before. */
export const environment = z.object({
  ...kafkaVariables,
  DATABASE_URL: databaseVariable,
  MERCHANTS_FILE: merchantsFileVariable,
  WECHATPAY_API_URLS: wechatpayApiUrlsVariable,
  SHOP_TIME_ZONE: shopTimeZoneVariable,
  ...probeVariables,
  ALERTS_FILE: alertsFileVariable,
  PAYGUARD_ENV: z
    .enum(['production', 'development'])
    .default('development')
    .describe('production: payguard repair wants the hash of a dry run (--confirm)'),
  ...passwordVariables,
});

/** Throws BadInput naming the variable that is missing or wrong. */
export function readShopTimeZone(): string {
  return asBadInput(() => loadEnvironment(environment.pick({ SHOP_TIME_ZONE: true }), process.env).SHOP_TIME_ZONE);
}

/** Throws BadInput for a word it does not know: a mistyped "prod" must not pass for development. */
export function isProduction(): boolean {
  const { PAYGUARD_ENV } = asBadInput(() => loadEnvironment(environment.pick({ PAYGUARD_ENV: true }), process.env));
  return PAYGUARD_ENV === 'production';
}

/** Throws BadInput naming the variable that is missing or wrong. */
export function readWechatPayVariables(): { merchantsFile: string; apiUrls: string[] } {
  const picked = environment.pick({ MERCHANTS_FILE: true, WECHATPAY_API_URLS: true });
  const { MERCHANTS_FILE, WECHATPAY_API_URLS } = asBadInput(() => loadEnvironment(picked, process.env));
  return { merchantsFile: MERCHANTS_FILE, apiUrls: WECHATPAY_API_URLS };
}

/** Throws BadInput naming the variable that is missing or wrong. */
export function readMerchantsFileVariable(): string {
  return asBadInput(() => loadEnvironment(environment.pick({ MERCHANTS_FILE: true }), process.env).MERCHANTS_FILE);
}

export type ProbeSettings = { allowLocal: boolean; trusted: string[] | undefined };

/** Throws BadInput naming the variable, or the file, that is wrong. */
export function readProbeSettings(): ProbeSettings {
  const picked = environment.pick({ ALLOW_LOCAL_NOTIFY_URL: true, PROBE_CA_FILE: true });
  return asBadInput(() => {
    const { ALLOW_LOCAL_NOTIFY_URL, PROBE_CA_FILE } = loadEnvironment(picked, process.env);
    return { allowLocal: ALLOW_LOCAL_NOTIFY_URL, trusted: readTrustedAuthorities(PROBE_CA_FILE) };
  });
}

/** Throws BadInput where it is neither true nor false. */
export function readAllowLocalNotifyUrl(): boolean {
  const picked = environment.pick({ ALLOW_LOCAL_NOTIFY_URL: true });
  return asBadInput(() => loadEnvironment(picked, process.env).ALLOW_LOCAL_NOTIFY_URL);
}

/** Throws BadInput where ALERTS_FILE is not set. */
export function readAlertsFileVariable(): string {
  return asBadInput(() => loadEnvironment(environment.pick({ ALERTS_FILE: true }), process.env).ALERTS_FILE);
}
