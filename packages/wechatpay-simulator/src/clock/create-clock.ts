import { createAcceleratedClock } from './accelerated-clock.ts';
import { type Clock, type ClockMode, ClockRefusalError } from './clock.ts';
import { createManualClock } from './manual-clock.ts';
import { createRealClock } from './real-clock.ts';

export interface ClockOptions {
  /** Real when left out. */
  readonly clock?: ClockMode | undefined;
  /** Where a manual or accelerated clock begins, ms UTC; now when left out. */
  readonly clockStartMs?: number | undefined;
  /** How many times as fast as real time an accelerated clock runs, 0 to MAX_SPEED; DEFAULT_SPEED when left out. */
  readonly speed?: number | undefined;
}

/** The clock asked for. Throws ClockRefusalError when it could not do as asked. */
export function createClock({ clock = 'real', clockStartMs = Date.now(), speed }: ClockOptions): Clock {
  if (speed !== undefined && clock !== 'accelerated') {
    throw new ClockRefusalError(`A ${clock} clock has no speed; leave it out or take the accelerated clock.`);
  }
  switch (clock) {
    case 'real':
      return createRealClock();
    case 'manual':
      return createManualClock(clockStartMs);
    case 'accelerated':
      return createAcceleratedClock(clockStartMs, speed);
  }
}
