import { mkdirSync, readFileSync, renameSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tryLock } from './exclusive-lock.ts';
import { askToEnd, endProcess, identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { fromFileSystemError, StartError } from './start-error.ts';

/** The one process that may run servers and services on a state directory. */
export type StateOwner = {
  readonly stateDir: string;
  /** Records a child at once after its spawn, so that the next owner can end it if this one is killed. */
  registerChild(name: string, pid: number): void;
  /** Gives the directory up; the children must have been stopped. Can be called twice. */
  release(): void;
};

type Child = ProcessIdentity & { name: string };
type OwnerFile = { owner: ProcessIdentity; children: Child[] };

/** Kafka and MariaDB stop in under a second; after this an orphan is killed, which their logs survive. */
const ORPHAN_GRACE_MS = 10_000;
/** A new Kafka log, a MariaDB data directory and room to work in: below this a start would only fail later. */
const NEEDED_BYTES = 256 * 1024 * 1024;

/**
 * Makes this process the owner of `stateDir` (created if missing) and ends what a killed owner left running there.
 * Throws StartError `state_dir_in_use`, `state_dir_unwritable` or `disk_full`.
 */
export async function ownStateDir(options: { stateDir: string; onProgress(line: string): void }): Promise<StateOwner> {
  const stateDir = resolve(options.stateDir);
  const file = join(stateDir, 'owner.json');
  const lock = lockStateDir(stateDir, file);
  try {
    const orphans = readOwnerFile(file)?.children.filter(isRunning) ?? [];
    for (const orphan of orphans) {
      options.onProgress(`ending ${orphan.name} (pid ${orphan.pid}), which an earlier owner left running`);
    }
    await Promise.all(orphans.map((orphan) => endProcess(orphan, ORPHAN_GRACE_MS)));
    return takeOwnership(stateDir, file, () => lock.release());
  } catch (error) {
    lock.release();
    throw fromFileSystemError(error, stateDir);
  }
}

function lockStateDir(stateDir: string, file: string): { release(): void } {
  try {
    mkdirSync(stateDir, { recursive: true });
    const disk = statfsSync(stateDir);
    if (disk.bavail * disk.bsize < NEEDED_BYTES) {
      throw new StartError(
        'disk_full',
        `The disk that holds ${stateDir} has less than ${NEEDED_BYTES / 1024 / 1024} MiB left: free some space`,
      );
    }
    // SQLite's own errors carry no errno: an ordinary write first, for a message that says what is wrong.
    writeFileSync(join(stateDir, 'owner.lock'), '', { flag: 'a' });
    const lock = tryLock(join(stateDir, 'owner.lock'));
    if (lock !== undefined) return lock;
  } catch (error) {
    throw fromFileSystemError(error, stateDir);
  }
  const pid = readOwnerFile(file)?.owner.pid;
  throw new StartError(
    'state_dir_in_use',
    `${stateDir} is in use by a running payguard${pid === undefined ? '' : ` (pid ${pid})`}: stop it first, or choose another state directory`,
  );
}

function takeOwnership(stateDir: string, file: string, unlock: () => void): StateOwner {
  const owner = identify(process.pid) ?? { pid: process.pid, birth: 'unknown' };
  let children: Child[] = [];
  let released = false;
  const save = () => {
    // Written beside and renamed, so that a kill in between leaves the old list and not half of a new one.
    writeFileSync(`${file}.new`, `${JSON.stringify({ owner, children } satisfies OwnerFile, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  };
  save();
  // An owner that exits without having stopped its children (an uncaught error) takes them along.
  const endChildren = () => children.forEach(askToEnd);
  process.once('exit', endChildren);
  return {
    stateDir,
    registerChild(name, pid) {
      const identity = identify(pid);
      if (identity === undefined || released) return;
      // Dropping the ended ones bounds the list, however often a service restarts.
      children = [...children.filter(isRunning), { name, ...identity }];
      save();
    },
    release() {
      released = true;
      process.off('exit', endChildren);
      unlock();
    },
  };
}

/** The process that owns `stateDir` now; undefined when none does, or none was ever there. */
export function findOwner(stateDir: string): ProcessIdentity | undefined {
  const owner = readOwnerFile(join(resolve(stateDir), 'owner.json'))?.owner;
  return owner !== undefined && isRunning(owner) ? owner : undefined;
}

/** The record of the last owner; undefined when there is none that can be read. */
function readOwnerFile(file: string): OwnerFile | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isOwnerFile(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isOwnerFile(value: unknown): value is OwnerFile {
  if (typeof value !== 'object' || value === null || !('owner' in value) || !('children' in value)) return false;
  return isIdentity(value.owner) && Array.isArray(value.children) && value.children.every(isChild);
}

function isChild(value: unknown): value is Child {
  return isIdentity(value) && 'name' in value && typeof value.name === 'string';
}

/** Only pids above 1: a signal to the group of 0 or 1 would reach far more than one child. */
function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('birth' in value)) return false;
  return Number.isInteger(value.pid) && Number(value.pid) > 1 && typeof value.birth === 'string';
}
