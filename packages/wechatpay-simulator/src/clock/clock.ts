/** What a timer does when it falls due. It settles when the work is done, and never rejects. */
export type TimerTask = () => Promise<void>;

export interface Timer {
  readonly dueMs: number;
  /** Takes the timer out; does nothing once it has started. */
  cancel(): void;
}

/** The time of the simulated WeChat Pay. Everything that waits, except for the answer on a socket, waits on this. */
export interface Clock {
  readonly mode: 'real' | 'manual';
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Runs `task` at `dueMs`, or at once (in a later microtask) when that is not in the future. */
  schedule(dueMs: number, task: TimerTask): Timer;
  /**
   * Moves a manual clock forward, timer by timer, and resolves when all work that fell due has ended, work that it
   * scheduled within the same span included. Rejects with ClockNotManualError on the real clock.
   */
  advance(ms: number): Promise<void>;
  /** Resolves when no started task is still running. */
  idle(): Promise<void>;
  /** Drops all timers; started tasks run to their end. */
  clear(): void;
}

export class ClockNotManualError extends Error {
  constructor() {
    super('The clock follows real time and cannot be advanced; start the simulator with --clock manual.');
    this.name = 'ClockNotManualError';
  }
}
