import { loadEnvironment } from '@payguard/shared/config/load-environment';
import {
  databaseVariable,
  kafkaVariables,
  logLevelVariable,
  merchantsFileVariable,
  portVariable,
} from '@payguard/shared/config/variables';
import { shopTimeZoneVariable } from '@payguard/shared/database/shop-time-zone-variable';
import { z } from 'zod';

export const environment = z.object({
  ...kafkaVariables,
  DATABASE_URL: databaseVariable,
  MERCHANTS_FILE: merchantsFileVariable,
  SHOP_TIME_ZONE: shopTimeZoneVariable,
  CONSUMER_GROUP: z.string().min(1).default('points').describe('Kafka consumer group'),
  HOST: z.string().default('0.0.0.0').describe('Address that the operations server listens on'),
  METRICS_PORT: portVariable(9090, 'Port of /metrics and /health for operators'),
  LOG_LEVEL: logLevelVariable,
});

export type PointsConfig = z.infer<typeof environment>;

export function loadConfig(): PointsConfig {
  return loadEnvironment(environment, process.env);
}
