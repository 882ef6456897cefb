import { probeVariables } from '@payguard/shared/callback-probe/probe-variables';
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
import { tracingVariables } from '@payguard/shared/telemetry/tracing-variables';
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
  ...probeVariables,
  LOG_LEVEL: logLevelVariable,
  ...tracingVariables,
});

export type ReconcilerConfig = z.infer<typeof environment>;

/** Throws ConfigError naming the variable. */
export function loadConfig(): ReconcilerConfig {
  return loadEnvironment(environment, process.env);
}

const probeEnvironment = environment.pick({
  DATABASE_URL: true,
  MERCHANTS_FILE: true,
  ALLOW_LOCAL_NOTIFY_URL: true,
  PROBE_CA_FILE: true,
  LOG_LEVEL: true,
});

export type ProbeConfig = z.infer<typeof probeEnvironment>;

/** What `probe` needs: neither Kafka nor keys. Throws ConfigError naming the variable. */
export function loadProbeConfig(): ProbeConfig {
  return loadEnvironment(probeEnvironment, process.env);
}
