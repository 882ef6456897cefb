import { loadEnvironment } from '@payguard/shared/config/load-environment';
import {
  databaseVariable,
  integerVariable,
  kafkaVariables,
  logLevelVariable,
  merchantsFileVariable,
  portVariable,
  wechatpayApiUrlsVariable,
} from '@payguard/shared/config/variables';
import { shopTimeZoneVariable } from '@payguard/shared/database/shop-time-zone-variable';
import { drainSecondsVariable } from '@payguard/shared/http/drain-seconds-variable';
import { tracingVariables } from '@payguard/shared/telemetry/tracing-variables';
import { z } from 'zod';

export const environment = z.object({
  ...kafkaVariables,
  DATABASE_URL: databaseVariable,
  MERCHANTS_FILE: merchantsFileVariable,
  WECHATPAY_API_URLS: wechatpayApiUrlsVariable,
  API_KEYS_FILE: z
    .string()
    .min(1)
    .describe('Path of the YAML file with the keys of the order API (payguard api-key new makes an entry)'),
  SHOP_TIME_ZONE: shopTimeZoneVariable,
  RATE_LIMIT_PER_MINUTE: integerVariable(
    { default: 6_000, min: 1, max: 1_000_000 },
    'Requests a minute from one client, in each process; one more is answered 429',
  ),
  ALLOW_LOCAL_NOTIFY_URL: z
    .stringbool()
    .default(false)
    .describe('true to take a notifyUrl that WeChat Pay could not call: for development with the simulator only'),
  HOST: z.string().default('0.0.0.0').describe('Address that the order API listens on'),
  PORT: portVariable(8081, 'Port of the order API'),
  METRICS_PORT: portVariable(9090, 'Port of /metrics and /health for operators'),
  DRAIN_SECONDS: drainSecondsVariable,
  LOG_LEVEL: logLevelVariable,
  ...tracingVariables,
});

export type CheckoutConfig = z.infer<typeof environment>;

export function loadConfig(): CheckoutConfig {
  return loadEnvironment(environment, process.env);
}
