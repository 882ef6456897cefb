/**
 * What a timer does when it falls due. It settles when the work is done, and never rejects. An object where a hundred
 * thousand wait: a function for each would cost more than what it does.
 */
export type TimerTask = (() => Promise<void>) | RankedTask;

/** Of those due at the same time the lowest rank starts first, after all functions: in whatever order they were planned. */
export interface RankedTask {
  readonly rank: number;
  run(): Promise<void>;
}

export interface Timer {
  readonly dueMs: number;
  /** Takes the timer out. False once it has started or was taken out before: then it does nothing. */
  cancel(): boolean;
}

export const CLOCK_MODES = ['real', 'accelerated', 'manual'] as const;
export type ClockMode = (typeof CLOCK_MODES)[number];

/** What a clock shows: enough for another process to go on by itself until the next reading. */
export interface ClockReading {
  readonly mode: ClockMode;
  /** ms UTC. */
  readonly nowMs: number;
  /** Milliseconds that pass on the clock in a real one; 0 while it stands still. */
  readonly speed: number;
}

/** Is told of a change; the clock goes on when it has settled. Never rejects, and ends by itself. */
export type ClockListener = (reading: ClockReading) => Promise<void>;

/** The time of the simulated WeChat Pay. Everything that waits, except for the answer on a socket, waits on this. */
export interface Clock {
  readonly mode: ClockMode;
  /** Milliseconds since 1970, UTC; whole ones. */
  now(): number;
  reading(): ClockReading;
  /** Runs `task` at `dueMs`, or at once (in a later microtask) when that is not in the future. */
  schedule(dueMs: number, task: TimerTask): Timer;
  /**
   * Moves the clock ahead, timer by timer, and resolves when all work that fell due has ended, work that it scheduled
   * within the same span included. An accelerated clock stands still at each stop and runs on afterwards.
   * Rejects with ClockRefusalError on the real clock.
   */
  advance(ms: number): Promise<void>;
  /** Changes the speed of an accelerated clock (0 to MAX_SPEED; 0 pauses it). Throws ClockRefusalError on the others. */
  setSpeed(speed: number): void;
  /** Calls `listener` at each stop of an advance, before what is due there runs, and at each change of speed. */
  onChange(listener: ClockListener): () => void;
  /** Resolves when no started task is still running. */
  idle(): Promise<void>;
  /** Drops all timers; started tasks run to their end. */
  clear(): void;
}

/** Says in one sentence what this clock cannot do, and with which flag it could. */
export class ClockRefusalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ClockRefusalError';
  }
}
