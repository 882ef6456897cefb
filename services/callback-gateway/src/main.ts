import { runMain } from '@payguard/shared/config/run-main';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { startTraced } from '@payguard/shared/telemetry/start-tracing';
import { loadConfig } from './config.ts';
import { startGateway } from './start-gateway.ts';

await runMain(async () => {
  const config = loadConfig();
  const log = createLogger('callback-gateway', config.LOG_LEVEL);
  return startTraced('callback-gateway', config, log, () => startGateway(config, log));
});
