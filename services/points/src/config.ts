import { loadEnvironment } from '@payguard/shared/config/load-environment';
import {
  databaseVariable,
  integerVariable,
  kafkaVariables,
  logLevelVariable,
  merchantsFileVariable,
  portVariable,
} from '@payguard/shared/config/variables';
import { shopTimeZoneVariable } from '@payguard/shared/database/shop-time-zone-variable';
import { tracingVariables } from '@payguard/shared/telemetry/tracing-variables';
import { z } from 'zod';

export const environment = z.object({
  ...kafkaVariables,
  DATABASE_URL: databaseVariable,
  MERCHANTS_FILE: merchantsFileVariable,
  SHOP_TIME_ZONE: shopTimeZoneVariable,
  CONSUMER_GROUP: z.string().min(1).default('points').describe('Kafka consumer group'),
  ALERTER_CONSUMER_GROUP: z
    .string()
    .min(1)
    .default('alerter')
    .describe("The alerter's Kafka consumer group, whose lag points shows with its own"),
  CALLBACK_WINDOW_SECONDS: integerVariable(
    { default: 600, min: 30, max: 3_600 },
    'How many seconds of payments payguard_orders_paid_recent counts; the alert on missing callbacks looks at them',
  ),
  HOST: z.string().default('0.0.0.0').describe('Address that the operations server listens on'),
  METRICS_PORT: portVariable(9090, 'Port of /metrics and /health for operators'),
  LOG_LEVEL: logLevelVariable,
  ...tracingVariables,
});

export type PointsConfig = z.infer<typeof environment>;

export function loadConfig(): PointsConfig {
  return loadEnvironment(environment, process.env);
}
