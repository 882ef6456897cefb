import { runMain } from '@payguard/shared/config/run-main';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { startTraced } from '@payguard/shared/telemetry/start-tracing';
import { loadConfig } from './config.ts';
import { startCheckout } from './start-checkout.ts';

await runMain(async () => {
  const config = loadConfig();
  const log = createLogger('checkout', config.LOG_LEVEL);
  return startTraced('checkout', config, log, () => startCheckout(config, log));
});
