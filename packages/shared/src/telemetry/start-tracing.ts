import { settledWithin } from '../clock/settled-within.ts';
import type { Running } from '../config/run-main.ts';
import type { Logger } from './logger.ts';
import type { TracingSettings } from './tracing-variables.ts';

/** What is not delivered by then is not worth a longer stop. */
const FLUSH_TIMEOUT_MS = 3_000;

/** `stop` sends what has been recorded, and takes no longer than 3 s for it. */
export type Tracing = { stop(): Promise<void> };

const NO_TRACING: Tracing = { stop: async () => undefined };

/**
 * Starts recording spans as `payguard-<service>` when the settings name a collector. The SDK (5 MiB and a tenth of a
 * second, measured) is loaded only then. A collector that is away costs a warning a minute; spans beyond a bounded queue
 * are dropped.
 */
export async function startTracing(service: string, settings: TracingSettings, log: Logger): Promise<Tracing> {
  const endpoint = settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return NO_TRACING;
  const { startTracingSdk } = await import('./tracing-sdk.ts');
  const sdk = startTracingSdk(service, settings, log);
  log.info({ sampler: settings.OTEL_TRACES_SAMPLER, share: settings.OTEL_TRACES_SAMPLER_ARG }, 'tracing');
  return { stop: () => settledWithin(sdk.shutdown(), FLUSH_TIMEOUT_MS) };
}

/** Starts a service that is traced from its first moment; its last spans are sent after it has stopped. */
export async function startTraced<R extends Running>(
  service: string,
  settings: TracingSettings,
  log: Logger,
  start: () => Promise<R>,
): Promise<Running> {
  const tracing = await startTracing(service, settings, log);
  const running = await start();
  return {
    ...running,
    async stop() {
      await running.stop();
      await tracing.stop();
    },
  };
}

/** Runs a job that ends by itself; its spans are sent before it answers. */
export async function runTraced<T>(
  service: string,
  settings: TracingSettings,
  log: Logger,
  job: () => Promise<T>,
): Promise<T> {
  const tracing = await startTracing(service, settings, log);
  try {
    return await job();
  } finally {
    await tracing.stop();
  }
}
