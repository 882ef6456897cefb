import { constants } from 'node:os';
import closeWithGrace from 'close-with-grace';
import type { Logger } from '../telemetry/logger.ts';
import { ConfigError } from './config-error.ts';

/** What a process may take to stop in order, beside its drain; Kubernetes' grace period is longer by 5 s. */
const STOP_TIMEOUT_MS = 20_000;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export type Running = {
  /** How long `stop` goes on answering before it closes anything; nothing where there is nobody to answer. */
  readonly drainMs?: number;
  stop(): Promise<void>;
};

/**
 * Runs a process: starts it, stops it in order on SIGTERM or SIGINT (a second signal ends it at once), and turns a
 * ConfigError into one sentence on stderr and exit code 2. A signal before the start is over ends it at once.
 */
export async function runMain(start: () => Promise<Running>, log?: Logger): Promise<void> {
  let running: Running;
  endAtOnceOnSignals();
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
  for (const signal of STOP_SIGNALS) process.off(signal, exitAtOnce);
  const delay = STOP_TIMEOUT_MS + (running.drainMs ?? 0);
  closeWithGrace({ delay, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) log?.fatal({ err }, 'unexpected error, stopping');
    else log?.info({ signal }, 'stopping');
    await running.stop();
    log?.info('stopped');
  });
}

/** The first process of a container has no default for signals: without this one it would stay until it is killed. */
export function endAtOnceOnSignals(): void {
  for (const signal of STOP_SIGNALS) process.on(signal, exitAtOnce);
}

function exitAtOnce(signal: (typeof STOP_SIGNALS)[number]): void {
  process.exit(128 + constants.signals[signal]);
}
