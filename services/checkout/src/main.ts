import { runMain } from '@payguard/shared/config/run-main';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { loadConfig } from './config.ts';
import { startCheckout } from './start-checkout.ts';

await runMain(async () => {
  const config = loadConfig();
  const log = createLogger('checkout', config.LOG_LEVEL);
  return startCheckout(config, log);
});
