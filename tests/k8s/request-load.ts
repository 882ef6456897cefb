import { Agent, request } from 'node:http';
import { type Connection, connectionOf } from './connections.ts';

export type Shot = { method: string; headers: Record<string, string | number>; body?: Buffer };

export type Hit = {
  /** ms since the load began. */
  startedAt: number;
  endedAt: number;
  /** When it was handed to a connection, and which; undefined: it found none. */
  sentAt: number | undefined;
  connection: Connection | undefined;
  /** HTTP status, or the error's code and where it was: `ECONNRESET on a kept connection`. */
  result: number | string;
};

/** In an outage each request takes 2.5 s: room for all of a second's, several times. */
const MAX_SOCKETS = 2_048;
/** What a proxy in front keeps open; all are used in turn, so that every one crosses with a stop. */
const KEPT_SOCKETS = 16;
/** Until the Service has forgotten a killed pod, a new connection may lead to it and is refused before anything is sent. */
const CONNECT_TRIES = 40;
const CONNECT_AGAIN_MS = 50;

export type RequestLoad = {
  readonly hits: readonly Hit[];
  readonly inFlight: number;
  /** When new connections were refused; each was tried again, nothing had been sent on it. */
  readonly refusals: readonly number[];
  now(): number;
  send(shot: Shot): Promise<Hit>;
  close(): void;
};

/** Sends requests over kept-alive connections and writes down what becomes of each. */
export function openRequestLoad(url: string, timeoutMs: number): RequestLoad {
  const startedAt = performance.now();
  const now = () => performance.now() - startedAt;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    maxFreeSockets: KEPT_SOCKETS,
    scheduling: 'fifo',
  });
  const hits: Hit[] = [];
  let inFlight = 0;
  const refusals: number[] = [];

  return {
    ...{ hits, refusals, now },
    get inFlight() {
      return inFlight;
    },
    async send(shot) {
      const hit: Hit = { startedAt: now(), endedAt: 0, sentAt: undefined, connection: undefined, result: '' };
      inFlight += 1;
      hit.result = await sendPastRefusals(shot, hit);
      inFlight -= 1;
      hit.endedAt = now();
      hits.push(hit);
      return hit;
    },
    close: () => agent.destroy(),
  };

  async function sendPastRefusals(shot: Shot, hit: Hit): Promise<number | string> {
    for (let tries = 1; ; tries += 1) {
      const result = await sendOnce(shot, hit);
      if (result !== 'ECONNREFUSED' || tries >= CONNECT_TRIES) return result;
      refusals.push(now());
      await new Promise((resolve) => setTimeout(resolve, CONNECT_AGAIN_MS));
    }
  }

  function sendOnce({ method, headers, body }: Shot, hit: Hit): Promise<number | string> {
    return new Promise((resolve) => {
      let stage = 'connecting';
      const fail = (err: NodeJS.ErrnoException) =>
        resolve(`${err.code ?? err.message}${err.code === 'ECONNREFUSED' ? '' : ` ${stage}`}`);
      const outgoing = request(url, { method, agent, headers, timeout: timeoutMs }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', fail);
      });
      outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
      outgoing.on('error', fail);
      const sent = (on: string, connection: Connection): void => {
        stage = on;
        Object.assign(hit, { sentAt: now(), connection });
      };
      outgoing.on('socket', (socket) => {
        const connection = connectionOf(socket, now);
        if (!socket.connecting) sent('on a kept connection', connection);
        else socket.once('connect', () => sent('on a new connection', connection));
      });
      outgoing.end(body);
    });
  }
}

export type Counts = {
  requests: number;
  perSecond: number;
  /** By status or error code. */
  results: Record<string, number>;
  /** Seconds from the window's beginning to the first and the last that is no 2xx. */
  failedBetween: [number, number] | null;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
};

/** Pure: what came of the requests that began within the window. */
export function countHits(hits: readonly Hit[], from: number, to: number): Counts {
  const within = hits.filter(({ startedAt }) => startedAt >= from && startedAt < to);
  const results: Record<string, number> = {};
  for (const { result } of within) results[result] = (results[result] ?? 0) + 1;
  const times = within.map(({ startedAt, endedAt }) => endedAt - startedAt).toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? 0);
  const failed = within
    .filter(({ result }) => !isFine(result))
    .map(({ startedAt }) => Math.round((startedAt - from) / 100) / 10);
  const failedBetween: [number, number] | null =
    failed.length === 0 ? null : [Math.min(...failed), Math.max(...failed)];
  const perSecond = Math.round(within.length / ((to - from) / 1_000));
  return { requests: within.length, perSecond, results, failedBetween, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** Whether a result is a 2xx. */
export function isFine(result: Hit['result']): boolean {
  return typeof result === 'number' && result >= 200 && result < 300;
}
