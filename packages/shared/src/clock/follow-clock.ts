import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import { FollowedTime } from './followed-time.ts';

const readingSchema = z.object({ nowMs: z.number(), speed: z.number().min(0) });

/** A clock on this machine or the next answers at once; a wrong address should show soon. */
const FIRST_READING_TIMEOUT_MS = 5_000;
/** The stream repeats its reading every 5 s: three missing ones, and the connection is dead though nobody said so. */
const SILENCE_TIMEOUT_MS = 15_000;
const FIRST_RECONNECT_WAIT_MS = 50;
const LONGEST_RECONNECT_WAIT_MS = 1_000;
/** A reading is below 100 characters; more without an end of line is no clock. */
const MAX_LINE_CHARACTERS = 4_096;

export interface FollowedClock extends Clock {
  /** Ends the connection; `now()` goes on as it last ran. May be called twice. */
  close(): void;
}

/**
 * The time of another process, from its stream of server-sent readings (`GET /control/v1/clock/stream` of the simulator).
 * `now()` is synchronous: the last reading and the time since then at its speed. It never goes back, unless the other
 * clock did by more than late readings explain (it was started anew).
 *
 * While disconnected `now()` runs on at the last known speed, so a clock that stood still stands still; the connection
 * is tried again for ever, at most a second apart. Rejects with one sentence when there is no clock at `url` at first,
 * and with the signal's reason when that is aborted before; an abort later closes.
 */
export async function followClock(url: string, { signal }: { signal?: AbortSignal } = {}): Promise<FollowedClock> {
  signal?.throwIfAborted();
  const closed = new AbortController();
  const stop = signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);
  const time = new FollowedTime();
  const first = Promise.withResolvers<void>();
  const take: TakeReading = (reading) => {
    time.take(reading, performance.now());
    first.resolve();
  };
  const connection = listen(url, take, stop);
  try {
    const late = AbortSignal.timeout(FIRST_READING_TIMEOUT_MS);
    await Promise.race([first.promise, connection, rejectedBy(late, 'it says nothing')]);
  } catch (cause) {
    closed.abort();
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`No clock can be followed at ${url} (${reason}); start the simulator, or mend the URL.`, { cause });
  }
  void keepListening(url, connection, take, stop);
  return { now: () => time.now(performance.now()), close: () => closed.abort() };
}

type TakeReading = (reading: z.output<typeof readingSchema>) => void;

/** Connects again whenever the connection ends, until it is stopped. */
async function keepListening(url: string, first: Promise<never>, take: TakeReading, stop: AbortSignal): Promise<void> {
  let waitMs = FIRST_RECONNECT_WAIT_MS;
  let connection = first;
  for (;;) {
    await Promise.allSettled([connection]);
    await delay(waitMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    waitMs = Math.min(2 * waitMs, LONGEST_RECONNECT_WAIT_MS);
    connection = listen(
      url,
      (reading) => {
        waitMs = FIRST_RECONNECT_WAIT_MS;
        take(reading);
      },
      stop,
    );
  }
}

/**
 * One connection: hands on each reading in the very callback of the socket, so that what another connection brings
 * afterwards meets the new time already (which fetch, with its chain of promises, would not promise).
 * Rejects when the connection cannot be made, ends, falls silent, speaks nonsense or is stopped.
 */
function listen(url: string, take: TakeReading, stop: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  try {
    const get = url.startsWith('https:') ? https.get : http.get;
    const headers = { accept: 'text/event-stream' };
    const request = get(url, { agent: false, headers, signal: stop, timeout: SILENCE_TIMEOUT_MS });
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${SILENCE_TIMEOUT_MS} ms`)));
    request.on('error', reject);
    request.on('response', (answer) => {
      answer.on('error', reject);
      answer.on('close', () => reject(new Error('the stream ended')));
      const refusal = whyNoStream(answer);
      if (refusal === undefined) readLines(answer, take);
      else request.destroy(new Error(refusal));
    });
  } catch (error) {
    reject(error);
  }
  return promise;
}

function whyNoStream({ statusCode, headers }: IncomingMessage): string | undefined {
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
  return statusCode === 200 && isStream ? undefined : `the answer has status ${statusCode} and is no event stream`;
}

/** The part of the event stream format that a reading needs: lines, of which those with `data:` count. */
function readLines(answer: IncomingMessage, take: TakeReading): void {
  let rest = '';
  answer.setEncoding('utf8');
  answer.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    try {
      for (const line of lines) if (line.startsWith('data:')) take(readingSchema.parse(JSON.parse(line.slice(5))));
    } catch (cause) {
      answer.destroy(new Error('it sends something that is no reading of a clock', { cause }));
    }
    if (rest.length > MAX_LINE_CHARACTERS) answer.destroy(new Error('it sends a line too long for a clock'));
  });
}

function rejectedBy(signal: AbortSignal, reason: string): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(reason)), { once: true });
  });
}
