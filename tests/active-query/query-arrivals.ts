import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** Requests for orders as they reach the simulator's side of the socket, on its clock: what WeChat Pay would count. */
export type QueryArrivals = {
  /** ms UTC on the clock, in order. */
  readonly times: readonly number[];
  /** When this order was asked about for the first time at or after `since`. */
  firstFor(outTradeNo: string, since: number): number | undefined;
  /** Requests about orders whose numbers begin so, from `from` up to `to`. */
  countAbout(prefix: string, from: number, to: number): number;
  stop(): void;
};

const SERVER_REQUEST = 'http.server.request.start';
const ABOUT_AN_ORDER = /^\/v3\/pay\/transactions\/out-trade-no\/([^/?]+)/;

/** Counts at a server of this process, by Node's own diagnostics: nothing stands in the way of a request. */
export function watchQueryArrivals(serverUrl: string, now: () => number): QueryArrivals {
  const port = Number(new URL(serverUrl).port);
  const times: number[] = [];
  const byOrder = new Map<string, number[]>();
  const note = (message: unknown): void => {
    const request = requestOf(message);
    const outTradeNo = ABOUT_AN_ORDER.exec(request?.url ?? '')?.[1];
    if (outTradeNo === undefined || request?.socket.localPort !== port) return;
    const at = now();
    times.push(at);
    const ofOrder = byOrder.get(outTradeNo);
    if (ofOrder === undefined) byOrder.set(outTradeNo, [at]);
    else ofOrder.push(at);
  };
  subscribe(SERVER_REQUEST, note);
  return {
    times,
    firstFor: (outTradeNo, since) => byOrder.get(outTradeNo)?.find((at) => at >= since),
    countAbout(prefix, from, to) {
      const about = [...byOrder].flatMap(([outTradeNo, ats]) => (outTradeNo.startsWith(prefix) ? ats : []));
      return about.filter((at) => at >= from && at < to).length;
    },
    stop: () => unsubscribe(SERVER_REQUEST, note),
  };
}

function requestOf(message: unknown): IncomingMessage | undefined {
  if (typeof message !== 'object' || message === null || !('request' in message)) return undefined;
  // The channel's documented message; Node has no type for it.
  return message.request as IncomingMessage;
}

/** The most arrivals within any `spanMs`. */
export function busiestSpan(times: readonly number[], spanMs: number): number {
  let from = 0;
  let most = 0;
  for (const [to, time] of times.entries()) {
    while ((times[from] ?? time) <= time - spanMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
