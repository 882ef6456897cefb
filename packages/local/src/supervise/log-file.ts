import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log longer than this is set aside as `<log>.1` at the next start, so that a log takes at most about twice this. */
const SET_ASIDE_BYTES = 16 * 1024 * 1024;
/** Enough for the last lines of any log we read, little enough to read at once. */
const TAIL_BYTES = 64 * 1024;

/** Opens a log for appending (its folder is made). The descriptor goes straight to a child; the caller closes it. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > SET_ASIDE_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

/** Bytes in the log now: where the next start's lines begin. */
export function logSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The end of the log, nothing before byte `from`; '' when there is none. */
export function readLogFrom(file: string, from: number): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(from, size - TAIL_BYTES);
    const bytes = Buffer.alloc(Math.max(0, size - start));
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, start));
  } finally {
    closeSync(descriptor);
  }
}

/** The last `count` lines that are not empty, since byte `from`. */
export function lastLogLines(file: string, count: number, from = 0): string[] {
  return readLogFrom(file, from)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count);
}
