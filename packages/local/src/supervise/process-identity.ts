import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** A process that no later one can be mistaken for: pids are used again, a pid with its time of birth is not. */
export type ProcessIdentity = { pid: number; birth: string };

/** How often the end of a process that is not our child is looked for: nothing announces it. */
const END_POLL_MS = 20;

/** The identity of a running process, or undefined when there is none by that pid (a zombie has ended). */
export function identify(pid: number): ProcessIdentity | undefined {
  const birth = process.platform === 'linux' ? birthFromProc(pid) : birthFromPs(pid);
  return birth === undefined ? undefined : { pid, birth };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.birth === identity.birth;
}

/**
 * Ends a process and its group: SIGTERM, SIGKILL after `graceMs`. Resolves when it is gone; at once when it already is
 * or when its pid now belongs to another process, which is never touched.
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  askToEnd(identity);
  const deadline = performance.now() + graceMs;
  while (isRunning(identity) && performance.now() < deadline) await wait(END_POLL_MS);
  signalGroup(identity, 'SIGKILL');
  // SIGKILL cannot be refused; a process stuck in the kernel longer than this is reported by whoever needs its files.
  const killedBy = performance.now() + graceMs;
  while (isRunning(identity) && performance.now() < killedBy) await wait(END_POLL_MS);
}

/** SIGTERM to a process and its group, without waiting for its end. */
export function askToEnd(identity: ProcessIdentity): void {
  signalGroup(identity, 'SIGTERM');
  // A stopped process acts on SIGTERM only once it goes on.
  signalGroup(identity, 'SIGCONT');
}

function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(-identity.pid, signal);
  } catch {
    signalOne(identity.pid, signal);
  }
}

/** Sends a signal to one process; false when it has already ended. */
export function signalOne(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** proc(5): after the name in parentheses come the state (field 3) and, as field 22, the start in ticks since boot. */
function birthFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const startTicks = fields[22 - 3];
    if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${startTicks}`;
  } catch {
    return undefined;
  }
}

function birthFromPs(pid: number): string | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2000 });
    return started.trim() || undefined;
  } catch {
    return undefined;
  }
}
