import { runMain } from '@payguard/shared/config/run-main';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { loadConfig } from './config.ts';
import { startPoints } from './start-points.ts';

await runMain(async () => {
  const config = loadConfig();
  const log = createLogger('points', config.LOG_LEVEL);
  return startPoints(config, log);
});
