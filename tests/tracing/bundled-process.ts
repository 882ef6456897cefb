import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Three of them start at once, beside other tests. */
const READY_TIMEOUT_MS = 40_000;
const READY_POLL_MS = 50;

export type BundledProcess = {
  /** In order, as Kubernetes does it; resolves when it has ended. */
  stop(): Promise<void>;
};

/** Starts a bundle in an empty folder of its own, with nothing of the repository around it, and waits until it is ready. */
export async function startBundled(options: {
  file: string;
  cwd: string;
  env: Record<string, string>;
  operationsPort: number;
}): Promise<BundledProcess> {
  const logFile = join(options.cwd, 'log');
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [options.file], {
    cwd: options.cwd,
    env: { ...options.env, METRICS_PORT: String(options.operationsPort) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(options.operationsPort))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`${options.file} does not become ready: ${readFileSync(logFile, 'utf8')}`);
    }
    await delay(READY_POLL_MS);
  }
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function isReady(operationsPort: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${operationsPort}/health/ready`).catch(() => undefined);
  return response?.status === 200;
}
