import { BadInput } from './command.ts';

/** A Job is given up sooner; nobody types more. */
const MAX_WAIT_S = 3_600;

/** `--wait SECONDS`: how long a server may take to be reached, in ms; `fallbackMs` where it is not given. */
export function readWait(text: string | undefined, fallbackMs: number): number {
  if (text === undefined) return fallbackMs;
  if (/^\d+$/.test(text) && Number(text) <= MAX_WAIT_S) return Number(text) * 1_000;
  throw new BadInput(`--wait ${text} cannot be used: give whole seconds from 0 to ${MAX_WAIT_S}.`);
}
