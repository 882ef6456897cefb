import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isAllowedSpeed, SPEED_RULE } from '../clock/accelerated-clock.ts';
import { type Clock, ClockRefusalError } from '../clock/clock.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { ClockStream } from './clock-stream.ts';
import { toIso } from './describe-order.ts';
import { ControlRefusal, parseInput, refusal } from './refusal.ts';

/** Longer than any plan of WeChat Pay's; a slip of the keyboard should not run for years. */
const MAX_ADVANCE_MS = 366 * 24 * 3_600_000;
const CONFLICT = 409;

const advanceSchema = z.strictObject({ ms: z.int().min(0).max(MAX_ADVANCE_MS) });
const speedSchema = z.strictObject({
  speed: z.number({ error: SPEED_RULE }).refine(isAllowedSpeed, { error: SPEED_RULE }),
});

/** The clock: read it, move it, change its speed, follow it. */
export function registerClockRoutes(app: FastifyInstance, { clock }: SimulatorParts): void {
  const stream = new ClockStream(clock);
  // Before the server stops: it waits for open answers, and these would never end.
  app.addHook('preClose', async () => stream.end());

  app.get('/clock', async () => describeClock(clock));

  app.put('/clock', async (request) => {
    const { speed } = parseInput(speedSchema, request.body);
    await asAnswer(async () => clock.setSpeed(speed));
    return describeClock(clock);
  });

  app.post('/clock/advance', async (request) => {
    const { ms } = parseInput(advanceSchema, request.body);
    await asAnswer(() => clock.advance(ms));
    return describeClock(clock);
  });

  app.get('/clock/stream', async (_request, reply) => {
    if (stream.isFull) throw refusal('too_many_listeners');
    reply.hijack();
    stream.open(reply.raw);
  });
}

/** What the clock cannot do, as an answer of the control API. */
async function asAnswer(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    throw error instanceof ClockRefusalError ? new ControlRefusal(CONFLICT, error.message) : error;
  }
}

function describeClock(clock: Clock) {
  const { mode, nowMs, speed } = clock.reading();
  return { mode, now: toIso(nowMs), nowMs, speed };
}
