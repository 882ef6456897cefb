import { loadEnvironment } from '@payguard/shared/config/load-environment';
import {
  integerVariable,
  kafkaVariables,
  logLevelVariable,
  merchantsFileVariable,
  portVariable,
} from '@payguard/shared/config/variables';
import { drainSecondsVariable } from '@payguard/shared/http/drain-seconds-variable';
import { tracingVariables } from '@payguard/shared/telemetry/tracing-variables';
import { z } from 'zod';

export const environment = z.object({
  ...kafkaVariables,
  MERCHANTS_FILE: merchantsFileVariable,
  HOST: z.string().default('0.0.0.0').describe('Address that the callback server listens on'),
  PORT: portVariable(8080, 'Port of the callback server'),
  METRICS_PORT: portVariable(9090, 'Port of /metrics and /health for operators'),
  LOG_LEVEL: logLevelVariable,
  ...tracingVariables,
  MAX_IN_FLIGHT: integerVariable(
    { default: 512, min: 1, max: 100_000 },
    'Callbacks worked on at once; one more is answered 503 at once, and WeChat Pay sends it again',
  ),
  DRAIN_SECONDS: drainSecondsVariable,
  TRUSTED_PROXIES: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('Proxies in front of the gateway whose X-Forwarded-For is believed (for the log only)'),
});

export type GatewayConfig = z.infer<typeof environment>;

export function loadConfig(): GatewayConfig {
  return loadEnvironment(environment, process.env);
}
