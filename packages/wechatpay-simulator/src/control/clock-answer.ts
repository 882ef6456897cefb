import { z } from 'zod';
import { CLOCK_MODES, type ClockReading } from '../clock/clock.ts';
import { toIso } from './describe-order.ts';

export const clockAnswer = z
  .object({
    mode: z.enum(CLOCK_MODES),
    now: z.iso.datetime(),
    nowMs: z.int(),
    speed: z.number().describe('Milliseconds that pass on the clock in a real one; 0 while it stands still.'),
  })
  .meta({ id: 'Clock', description: 'The simulated time.' });

export type ClockAnswer = z.output<typeof clockAnswer>;

export function describeClock({ mode, nowMs, speed }: ClockReading): ClockAnswer {
  return { mode, now: toIso(nowMs), nowMs, speed };
}
