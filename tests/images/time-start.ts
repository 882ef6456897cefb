import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
/** Linux counts processor time in these, on every architecture that Node runs on. */
const CLOCK_TICK_MS = 10;

export type StartTimes = {
  /** From the start of the process. */
  readonly listeningMs: number;
  readonly readyMs: number;
  /** What the process itself computed until it listened, on all processors: the same on a machine that is busy. */
  readonly processorMs: number;
};

/** Starts a bundle as its image does, times it until it is ready, and stops it. */
export async function timeStart(
  file: string,
  cwd: string,
  env: Record<string, string>,
  port: number,
): Promise<StartTimes> {
  const log = openSync(join(cwd, 'log'), 'w');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [file], {
    cwd,
    env: { ...env, METRICS_PORT: String(port) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const until = async (path: string): Promise<number> => {
    while ((await statusOf(`http://127.0.0.1:${port}${path}`)) !== 200) {
      if (child.exitCode !== null || performance.now() - startedAt > READY_TIMEOUT_MS) {
        throw new Error(`${file} does not answer ${path}: ${readFileSync(join(cwd, 'log'), 'utf8')}`);
      }
      await delay(POLL_MS);
    }
    return performance.now() - startedAt;
  };
  try {
    const listeningMs = await until('/health/live');
    const processorMs = processorMsOf(child.pid ?? 0);
    return { listeningMs, processorMs, readyMs: await until('/health/ready') };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function statusOf(url: string): Promise<number | undefined> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.status;
}

/** Fields 14 and 15 of /proc/<pid>/stat (proc(5)); the name in field 2 may hold spaces. */
function processorMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}
