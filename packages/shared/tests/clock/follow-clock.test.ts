import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from 'wechatpay-simulator';
import { type FollowedClock, followClock } from '../../src/clock/follow-clock.ts';

const START_MS = Date.parse('2025-07-01T00:00:00Z');
const HOUR_MS = 3_600_000;
/** Real time between a change there and its reading here, with both in one busy process. */
const LATENESS_MS = 500;

const opened: Simulator[] = [];
afterEach(async () => {
  for (const simulator of opened.splice(0)) await simulator.close();
});

async function startSimulator(options: SimulatorOptions, port?: number): Promise<Simulator> {
  const simulator = await createSimulator(options);
  opened.push(simulator);
  await simulator.listen(port);
  return simulator;
}

const streamOf = (simulator: Simulator) => `${simulator.controlUrl}/clock/stream`;

/** A clock that is closed when the test ends. */
async function follow(url: string): Promise<FollowedClock> {
  const clock = await followClock(url);
  onTestFinished(() => clock.close());
  return clock;
}

async function startServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a followed clock', () => {
  it('shows the time of a manual clock, at each stop of an advance too', async () => {
    const simulator = await startSimulator({ clock: 'manual', clockStartMs: START_MS });
    const clock = await follow(streamOf(simulator));
    expect(clock.now()).toBe(START_MS);
    const stops = [START_MS + HOUR_MS, START_MS + 24 * HOUR_MS];
    const seen: number[] = [];
    for (const dueMs of stops) {
      simulator.clock.schedule(dueMs, async () => {
        await vi.waitUntil(() => clock.now() === dueMs);
        seen.push(clock.now());
      });
    }
    await simulator.clock.advance(48 * HOUR_MS);
    expect(seen).toEqual(stops);
    await vi.waitUntil(() => clock.now() === START_MS + 48 * HOUR_MS);
  });

  it('has the new time when a request made at that time arrives here', async () => {
    const simulator = await startSimulator({ clock: 'manual', clockStartMs: START_MS });
    const clock = await follow(streamOf(simulator));
    const shownAtArrival: number[] = [];
    const url = await startServer((request, response) => {
      shownAtArrival.push(clock.now());
      request.resume();
      response.writeHead(500).end();
    });
    simulator.createOrder({ outTradeNo: 'FOLLOWED_1', total: 1, notifyUrl: url });
    simulator.pay({ outTradeNo: 'FOLLOWED_1' });
    await simulator.idle();
    await simulator.clock.advance(HOUR_MS);
    // The first send, and retries after 15 s, 15 s, 30 s, 3 min, 10 min and 20 min (page 4012791861).
    const dueSeconds = [0, 15, 30, 60, 240, 840, 2_040];
    expect(shownAtArrival).toEqual(dueSeconds.map((seconds) => START_MS + seconds * 1_000));
  });

  it('runs with an accelerated clock, never back, through changes of speed, a pause and a jump', async () => {
    const simulator = await startSimulator({ clock: 'accelerated', clockStartMs: START_MS, speed: 60 });
    const clock = await follow(streamOf(simulator));
    let shown = clock.now();
    const agrees = (speed: number) => () => {
      const now = clock.now();
      expect(now).toBeGreaterThanOrEqual(shown);
      shown = now;
      return Math.abs(now - simulator.clock.now()) <= LATENESS_MS * speed;
    };
    await vi.waitUntil(agrees(60), { interval: 1 });
    simulator.clock.setSpeed(600);
    await vi.waitUntil(agrees(600), { interval: 1 });
    simulator.clock.setSpeed(0);
    await vi.waitUntil(agrees(600), { interval: 1 });
    await simulator.clock.advance(24 * HOUR_MS);
    await vi.waitUntil(() => clock.now() === simulator.clock.now());
    simulator.clock.setSpeed(36_000);
    await vi.waitUntil(() => clock.now() > START_MS + 25 * HOUR_MS, { timeout: 10_000 });
  });

  it('shows real time by a real clock', async () => {
    const simulator = await startSimulator({ clock: 'real' });
    const clock = await follow(streamOf(simulator));
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(LATENESS_MS);
  });

  it('stands or runs on while disconnected, and finds the clock again when it is back', async () => {
    const before = await startSimulator({ clock: 'manual', clockStartMs: START_MS });
    const clock = await follow(streamOf(before));
    const port = Number(new URL(before.apiUrl).port);
    await before.close();
    expect(clock.now()).toBe(START_MS);
    await startSimulator({ clock: 'accelerated', clockStartMs: START_MS + HOUR_MS, speed: 3_600 }, port);
    await vi.waitUntil(() => clock.now() > START_MS + 2 * HOUR_MS, { timeout: 10_000 });
    await opened.at(-1)?.close();
    const atDisconnect = clock.now();
    await vi.waitUntil(() => clock.now() > atDisconnect + HOUR_MS, { timeout: 10_000 });
  });

  it('follows a simulator that was started anew at an earlier time', async () => {
    const before = await startSimulator({ clock: 'manual', clockStartMs: START_MS });
    const clock = await follow(streamOf(before));
    expect(clock.now()).toBe(START_MS);
    await before.close();
    await startSimulator({ clock: 'manual', clockStartMs: START_MS - HOUR_MS }, Number(new URL(before.apiUrl).port));
    await vi.waitUntil(() => clock.now() === START_MS - HOUR_MS, { timeout: 10_000 });
  });

  it('ends its connection on close and on abort', async () => {
    let open = 0;
    const url = await startServer((_request, response) => {
      open += 1;
      response.on('close', () => {
        open -= 1;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"mode":"manual","nowMs":1,"speed":0}\n\n');
    });
    const closed = await followClock(url);
    closed.close();
    closed.close();
    const abort = new AbortController();
    const aborted = await followClock(url, { signal: abort.signal });
    abort.abort();
    await vi.waitUntil(() => open === 0);
    expect([closed.now(), aborted.now()]).toEqual([1, 1]);
  });
});

describe('followClock refuses in one sentence', () => {
  it('an address where nobody answers', async () => {
    const simulator = await startSimulator({ clock: 'manual' });
    const url = streamOf(simulator);
    await simulator.close();
    await expect(followClock(url)).rejects.toThrow(/^No clock can be followed at http.+ECONNREFUSED.+mend the URL\.$/);
  });

  it('what is no URL', async () => {
    await expect(followClock('clock')).rejects.toThrow('No clock can be followed at clock (Invalid URL)');
  });

  it('an answer that is no event stream', async () => {
    const simulator = await startSimulator({ clock: 'manual' });
    const answer = followClock(`${simulator.controlUrl}/clock`);
    await expect(answer).rejects.toThrow('the answer has status 200 and is no event stream');
  });

  it('a stream that is not of a clock', async () => {
    const url = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n');
    });
    await expect(followClock(url)).rejects.toThrow('no reading of a clock');
  });

  it('with the reason of its signal when that is aborted', async () => {
    const abort = new AbortController();
    const url = await startServer(() => abort.abort(new Error('told to stop')));
    await expect(followClock(url, { signal: abort.signal })).rejects.toThrow('told to stop');
    await expect(followClock(url, { signal: abort.signal })).rejects.toThrow('told to stop');
  });
});
