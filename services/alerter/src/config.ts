import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { databaseVariable, kafkaVariables, logLevelVariable, portVariable } from '@payguard/shared/config/variables';
import { tracingVariables } from '@payguard/shared/telemetry/tracing-variables';
import { z } from 'zod';

export const environment = z.object({
  ...kafkaVariables,
  DATABASE_URL: databaseVariable,
  ALERTS_FILE: z.string().min(1).describe('Path of alerts.yaml: channels, and who is told of what (docs/alerting.md)'),
  ALERTMANAGER_TOKEN_FILE: z
    .string()
    .min(1)
    .describe('File with the bearer token that Alertmanager brings to POST /v1/alertmanager (at least 16 characters)'),
  CONSUMER_GROUP: z.string().min(1).default('alerter').describe('Kafka consumer group'),
  HOST: z.string().default('0.0.0.0').describe('Address that both servers listen on'),
  PORT: portVariable(8080, "Port of Alertmanager's webhook, inside the cluster only"),
  METRICS_PORT: portVariable(9090, 'Port of /metrics and /health for operators'),
  LOG_LEVEL: logLevelVariable,
  ...tracingVariables,
});

export type AlerterConfig = z.infer<typeof environment>;

export function loadConfig(): AlerterConfig {
  return loadEnvironment(environment, process.env);
}
