import { z } from 'zod';
import { isAllowedSpeed, SPEED_RULE } from '../clock/accelerated-clock.ts';
import { ClockRefusalError } from '../clock/clock.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { clockAnswer, describeClock } from './clock-answer.ts';
import { ClockStream } from './clock-stream.ts';
import type { ControlApp } from './openapi.ts';
import { ControlRefusal, refusal } from './refusal.ts';

/** Longer than any plan of WeChat Pay's; a slip of the keyboard should not run for years. */
const MAX_ADVANCE_MS = 366 * 24 * 3_600_000;
const CONFLICT = 409;

const advanceSchema = z.strictObject({ ms: z.int().min(0).max(MAX_ADVANCE_MS) });
const speedSchema = z.strictObject({
  speed: z.number({ error: SPEED_RULE }).refine(isAllowedSpeed, { error: SPEED_RULE }),
});

const STREAM_ANSWER = {
  description: 'Each event is {"mode", "nowMs", "speed"}.',
  content: { 'text/event-stream': { schema: z.string() } },
};

/** The clock: read it, move it, change its speed, follow it. */
export function registerClockRoutes(app: ControlApp, { clock }: SimulatorParts): void {
  const stream = new ClockStream(clock);
  // Before the server stops: it waits for open answers, and these would never end.
  app.addHook('preClose', async () => stream.end());

  app.get('/clock', { schema: { tags: ['clock'], summary: 'The time', response: { 200: clockAnswer } } }, async () =>
    describeClock(clock.reading()),
  );

  app.put(
    '/clock',
    {
      schema: {
        tags: ['clock'],
        summary: 'Changes the speed of an accelerated clock; 0 pauses it',
        body: speedSchema,
        response: { 200: clockAnswer },
      },
    },
    async ({ body }) => {
      await asAnswer(async () => clock.setSpeed(body.speed));
      return describeClock(clock.reading());
    },
  );

  app.post(
    '/clock/advance',
    {
      schema: {
        tags: ['clock'],
        summary: 'Moves a manual or accelerated clock, and answers when what fell due has ended',
        body: advanceSchema,
        response: { 200: clockAnswer },
      },
    },
    async ({ body }) => {
      await asAnswer(() => clock.advance(body.ms));
      return describeClock(clock.reading());
    },
  );

  app.get(
    '/clock/stream',
    {
      schema: {
        tags: ['clock'],
        summary: 'Server-sent events: the reading at once, at each change, and every 5 s',
        response: { 200: STREAM_ANSWER },
      },
    },
    async (_request, reply) => {
      if (stream.isFull) throw refusal('too_many_listeners');
      reply.hijack();
      stream.open(reply.raw);
    },
  );
}

/** What the clock cannot do, as an answer of the control API. */
async function asAnswer(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    throw error instanceof ClockRefusalError ? new ControlRefusal(CONFLICT, error.message) : error;
  }
}
