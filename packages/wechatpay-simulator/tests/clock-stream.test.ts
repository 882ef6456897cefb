import http from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import type { ClockReading } from '../src/clock/clock.ts';
import { MAX_CLOCK_LISTENERS } from '../src/control/clock-stream.ts';
import { callControl } from './control-client.ts';
import { openScene, payOne } from './simulated-merchant.ts';

const START_MS = Date.parse('2025-07-01T00:00:00Z');

/** Reads the clock stream as any EventSource would; `ended` settles when the simulator ends it. */
async function listen(controlUrl: string) {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const { promise: answered, resolve: answer } = Promise.withResolvers<http.IncomingMessage>();
  http.get(`${controlUrl}/clock/stream`, { agent: false }, answer);
  const response = await answered;
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  // To be cut off is an end like any other here.
  response.on('error', () => undefined).on('close', end);
  const readings = (): ClockReading[] => [...text.matchAll(/^data: (.+)\n/gm)].map(([, json = '']) => JSON.parse(json));
  return { readings, ended, response };
}

describe('the clock over the control API', () => {
  it('streams its reading at once and each stop of an advance, and ends the stream when the simulator closes', async () => {
    await using scene = await openScene((_, count) => (count === 1 ? 500 : 204), { clockStartMs: START_MS });
    const { readings, ended, response } = await listen(scene.simulator.controlUrl);
    expect(response.headers['content-type']).toBe('text/event-stream');
    await payOne(scene, 'STREAM_1');
    await callControl(scene.simulator.controlUrl, 'POST', '/clock/advance', { ms: 60_000 });
    await vi.waitUntil(() => readings().length === 3);
    expect(readings()).toEqual([
      { mode: 'manual', nowMs: START_MS, speed: 0 },
      // The first retry of page 4012791861, 15 s after the payment.
      { mode: 'manual', nowMs: START_MS + 15_000, speed: 0 },
      { mode: 'manual', nowMs: START_MS + 60_000, speed: 0 },
    ]);
    await scene.simulator.close();
    await ended;
  });

  it('changes the speed of an accelerated clock while it runs, and streams the change', async () => {
    await using scene = await openScene(() => 204, { clock: 'accelerated', clockStartMs: START_MS, speed: 60 });
    const { controlUrl } = scene.simulator;
    const { readings } = await listen(controlUrl);
    const paused = await callControl(controlUrl, 'PUT', '/clock', { speed: 0 });
    expect(paused.json).toMatchObject({ mode: 'accelerated', speed: 0 });
    expect((await callControl(controlUrl, 'GET', '/clock')).json).toEqual(paused.json);
    await vi.waitUntil(() => readings().length === 2);
    expect(readings().map(({ speed }) => speed)).toEqual([60, 0]);
    expect(readings()[1]?.nowMs).toBe(paused.json.nowMs);
  });

  it('runs the retries of an accelerated clock by themselves', async () => {
    await using scene = await openScene((_, count) => (count <= 3 ? 500 : 204), { clock: 'accelerated', speed: 3_600 });
    await payOne(scene, 'FAST_1');
    await vi.waitUntil(() => scene.simulator.summary().delivered === 1);
    expect(scene.receiver.received).toHaveLength(4);
  });

  it.each([-1, 86_401, 'fast', null])('refuses the speed %j in one sentence', async (speed) => {
    await using scene = await openScene(() => 204, { clock: 'accelerated' });
    const answer = await callControl(scene.simulator.controlUrl, 'PUT', '/clock', { speed });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain('speed: must be a number from 0 (time stands still) to 86400');
  });

  it.each(['real', 'manual'] as const)('refuses to give a %s clock a speed', async (clock) => {
    await using scene = await openScene(() => 204, { clock });
    const answer = await callControl(scene.simulator.controlUrl, 'PUT', '/clock', { speed: 2 });
    expect([answer.status, answer.json.error]).toEqual([409, expect.stringContaining('--clock accelerated')]);
  });

  it('refuses more listeners than it can serve, and serves again when one has gone', async () => {
    await using scene = await openScene();
    const { controlUrl } = scene.simulator;
    const first = await listen(controlUrl);
    for (let count = 1; count < MAX_CLOCK_LISTENERS; count += 1) await listen(controlUrl);
    expect((await fetch(`${controlUrl}/clock/stream`)).status).toBe(503);
    first.response.destroy();
    const served = async () => {
      const { response } = await listen(controlUrl);
      return response.statusCode === 200;
    };
    await vi.waitUntil(served);
  });

  it('cuts off a listener that reads nothing instead of waiting for it', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const { controlUrl } = scene.simulator;
    const deaf = await listen(controlUrl);
    deaf.response.pause();
    const heedful = await listen(controlUrl);
    // Many stops a send buffer cannot hold: the deaf one must be gone before they are over.
    for (let second = 1; second <= 200_000; second += 1) {
      scene.simulator.clock.schedule(START_MS + second * 1_000, async () => undefined);
    }
    await scene.simulator.clock.advance(200_000_000);
    await vi.waitUntil(() => heedful.readings().at(-1)?.nowMs === START_MS + 200_000_000);
    deaf.response.resume();
    await deaf.ended;
    expect(deaf.readings().length).toBeLessThan(200_000);
  });
});
