import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import { type ClockOptions, createClock } from '../clock/create-clock.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { FileKeeper } from './file-keeper.ts';
import { FORGETFUL, type Keeper } from './keeper.ts';
import { restoreParts } from './restore-parts.ts';
import { StateFile } from './state-file.ts';
import { StateFileError } from './state-file-error.ts';

export const STATE_FILE_NAME = 'state.sqlite';

export interface StateOptions extends ClockOptions {
  /** Everything is kept in `state.sqlite` in it; in memory only when left out. */
  readonly stateDir?: string | undefined;
  /** Decides ids, payers and drawn faults; that of the state, or a random one, when left out. */
  readonly seed?: string | undefined;
}

export interface OpenState {
  readonly seed: string;
  /** Goes on from where the state was last saved, if that is later than asked for. */
  readonly clock: Clock;
  readonly keeper: Keeper;
  /** Puts what was saved into new parts. What it gives back takes up what was waiting; call it once they serve. */
  restore(parts: SimulatorParts): () => void;
}

/** Opens what a simulator keeps, or begins anew. Throws StateFileError or ClockRefusalError, with one sentence. */
export function openState(options: StateOptions): OpenState {
  if (options.stateDir === undefined) {
    const seed = options.seed ?? randomSeed();
    return { seed, clock: createClock(options), keeper: FORGETFUL, restore: () => () => undefined };
  }
  const path = join(options.stateDir, STATE_FILE_NAME);
  const file = new StateFile(path);
  try {
    return openFrom(file, path, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

function openFrom(file: StateFile, path: string, options: StateOptions): OpenState {
  const saved = new Map<string, unknown>();
  file.each('settings', (value, key) => saved.set(key, value));
  const savedSeed = z.string().optional().parse(saved.get('seed'));
  if (savedSeed !== undefined && options.seed !== undefined && options.seed !== savedSeed) {
    throw new StateFileError(`${path} was begun with another seed; leave the seed out, or choose another folder.`);
  }
  const seed = savedSeed ?? options.seed ?? randomSeed();
  const clock = createClock({ ...options, clockStartMs: startMs(saved.get('nowMs'), options) });
  const faultRecords = file.count('fault_records');
  const keeper = new FileKeeper(file, { seed, nowMs: () => clock.now(), faultRecords });
  clock.onChange(async () => keeper.settingChanged('nowMs', () => clock.now()));
  return { seed, clock, keeper, restore: (parts) => keeper.whileReading(() => restoreParts(file, saved, parts)) };
}

/** Time does not go back in what is kept; while nobody serves it stands still. */
function startMs(savedMs: unknown, { clockStartMs }: ClockOptions): number | undefined {
  const saved = z.number().optional().parse(savedMs);
  if (saved === undefined) return clockStartMs;
  return Math.max(saved, clockStartMs ?? saved);
}

function randomSeed(): string {
  return randomBytes(8).toString('hex');
}
