import { runMain } from '@payguard/shared/config/run-main';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { startTraced } from '@payguard/shared/telemetry/start-tracing';
import { loadConfig } from './config.ts';
import { startAlerter } from './start-alerter.ts';

await runMain(async () => {
  const config = loadConfig();
  const log = createLogger('alerter', config.LOG_LEVEL);
  return startTraced('alerter', config, log, () => startAlerter(config, log));
});
