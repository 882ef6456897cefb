import { ConfigError } from '@payguard/shared/config/config-error';

/** What a job may take to stop in order; Kubernetes' grace period is longer. */
const STOP_TIMEOUT_MS = 20_000;

/**
 * Runs a job that ends by itself and exits with its code. SIGTERM or SIGINT aborts `stop`; a second one, or a job that
 * does not stop within 20 s, ends it at once. A ConfigError is one sentence on stderr and exit code 2.
 */
export async function runJob(job: (stop: AbortSignal) => Promise<number>): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new Error('stopping'));
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    process.exit(await job(stop.signal));
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err;
    process.stderr.write(`${err.message}\n`);
    process.exit(err.exitCode);
  }
}
