import { loadEnvironment } from '@payguard/shared/config/load-environment';
import {
  databaseVariable,
  integerVariable,
  kafkaVariables,
  logLevelVariable,
  merchantsFileVariable,
  wechatpayApiUrlsVariable,
} from '@payguard/shared/config/variables';
import { shopTimeZoneVariable } from '@payguard/shared/database/shop-time-zone-variable';
import { z } from 'zod';

export const environment = z.object({
  ...kafkaVariables,
  DATABASE_URL: databaseVariable,
  MERCHANTS_FILE: merchantsFileVariable,
  WECHATPAY_API_URLS: wechatpayApiUrlsVariable,
  SHOP_TIME_ZONE: shopTimeZoneVariable,
  POLL_CONCURRENCY: integerVariable(
    { default: 128, min: 1, max: 2_000 },
    'Orders asked about at once, at most, for each merchant; fewer where its requestsPerSecond needs fewer',
  ),
  LOG_LEVEL: logLevelVariable,
});

export type ReconcilerConfig = z.infer<typeof environment>;

/** Throws ConfigError naming the variable. */
export function loadConfig(): ReconcilerConfig {
  return loadEnvironment(environment, process.env);
}
