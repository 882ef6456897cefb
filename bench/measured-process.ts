import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** Linux counts CPU time in ticks of 10 ms (USER_HZ). */
const TICKS_PER_SECOND = 100;

export type MeasuredProcess = {
  pid: number;
  /** User and system time since its start. */
  cpuSeconds(): number;
  /** Resident memory now, in MiB. */
  residentMiB(): number;
  stop(): Promise<void>;
};

/** Starts a TypeScript program and waits until `readyUrl` answers 200; its output goes to a log under .payguard/bench. */
export async function startMeasured(
  name: string,
  file: string,
  env: Record<string, string>,
  readyUrl: string,
): Promise<MeasuredProcess> {
  const folder = join(import.meta.dirname, '../.payguard/bench');
  mkdirSync(folder, { recursive: true });
  const log = openSync(join(folder, `${name}.log`), 'w');
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio: ['ignore', log, log] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} cannot be started`);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await waitReady(name, readyUrl);
  return {
    pid,
    cpuSeconds() {
      // Fields 14 and 15 (utime, stime), counted behind the command name, which may hold spaces.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    residentMiB() {
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return Number(kib) / 1024;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function waitReady(name: string, url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.status === 200) return;
    await delay(POLL_MS);
  }
  throw new Error(`${name} was not ready within ${READY_TIMEOUT_MS} ms; its log is .payguard/bench/${name}.log`);
}
