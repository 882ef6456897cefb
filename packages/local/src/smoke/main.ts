// What `helm test` runs where the simulator is: one payment all the way, in one line.
import { ConfigError } from '@payguard/shared/config/config-error';
import { loadConfig } from './config.ts';
import { payOneOrder } from './pay-one-order.ts';

try {
  console.log(await payOneOrder(loadConfig()));
} catch (err) {
  console.error(err instanceof Error ? err.message : err);
  process.exitCode = err instanceof ConfigError ? err.exitCode : 1;
}
