import closeWithGrace from 'close-with-grace';
import type { Logger } from '../telemetry/logger.ts';
import { ConfigError } from './config-error.ts';

/** What a process may take to stop in order; Kubernetes' grace period is longer. */
const STOP_TIMEOUT_MS = 20_000;

export type Running = { stop(): Promise<void> };

/**
 * Runs a process: starts it, stops it in order on SIGTERM or SIGINT (a second signal ends it at once), and turns a
 * ConfigError into one sentence on stderr and exit code 2.
 */
export async function runMain(start: () => Promise<Running>, log?: Logger): Promise<void> {
  let running: Running;
  try {
    running = await start();
  } catch (err) {
    if (err instanceof ConfigError) {
      process.stderr.write(`${err.message}\n`);
      process.exit(err.exitCode);
    }
    log?.fatal({ err }, 'start failed');
    if (log === undefined) console.error(err);
    process.exit(1);
  }
  closeWithGrace({ delay: STOP_TIMEOUT_MS, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) log?.fatal({ err }, 'unexpected error, stopping');
    else log?.info({ signal }, 'stopping');
    await running.stop();
    log?.info('stopped');
  });
}
