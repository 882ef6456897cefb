import type { Options } from './options.ts';
import type { Outside } from './outside.ts';
import type { Release } from './release.ts';

export type PhaseWorld = {
  release: Release;
  options: Options;
  say(line: string): void;
  /** For files of this run. */
  folder: string;
  /** Looked up once the release is there. */
  outside(): Promise<Outside>;
};

export type PhaseResult = {
  /** For the record under docs/evidence. */
  figures: object;
  /** What was not as it has to be, in sentences. */
  complaints: string[];
  /** What could not be tried here, and why. */
  skipped?: string[];
};

export type Phase = (world: PhaseWorld) => Promise<PhaseResult>;

/** Tries until it answers something; the time it took in ms, or undefined at the deadline. Failures count as nothing yet. */
export async function waitFor<T>(
  look: () => Promise<T | undefined | false>,
  withinMs: number,
): Promise<{ value: T; ms: number } | undefined> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < withinMs) {
    const value = await look().catch(() => undefined);
    if (value !== undefined && value !== false) return { value, ms: Math.round(performance.now() - startedAt) };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return undefined;
}

/** Each look starts a kubectl, which takes a tenth of a second of what the load needs. */
const LOOK_EVERY_MS = 1_000;
