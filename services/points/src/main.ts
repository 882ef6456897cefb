import { runMain } from '@payguard/shared/config/run-main';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { startTraced } from '@payguard/shared/telemetry/start-tracing';
import { loadConfig } from './config.ts';
import { startPoints } from './start-points.ts';

await runMain(async () => {
  const config = loadConfig();
  const log = createLogger('points', config.LOG_LEVEL);
  return startTraced('points', config, log, () => startPoints(config, log));
});
