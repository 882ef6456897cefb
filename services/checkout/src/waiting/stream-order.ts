import type { ServerResponse } from 'node:http';
import { describeOrder } from '../orders/order-answer.ts';
import { isFinal, type OrderView } from '../orders/order-view.ts';
import type { OrderWatch } from './order-watch.ts';

/** Proxies cut connections that are silent for a minute or half of one. */
const HEARTBEAT_MS = 15_000;
/** Nobody looks at a code for longer; whoever does follows anew. */
const LONGEST_STREAM_MS = 10 * 60_000;
/** What a caller leaves unread: a state has 1 KB, so such a caller reads nothing at all. */
const MAX_UNREAD_BYTES = 64 * 1024;

/**
 * The order as server-sent events: a `status` event at once and at each change; ends after one that is final, after ten
 * minutes, or when the process stops. False, with nothing sent, when too many follow already.
 */
export function streamOrder(watch: OrderWatch, order: OrderView, response: ServerResponse): boolean {
  // Gone while the order was read: the 'close' that ends the following has been.
  if (response.destroyed) return true;
  const unfollow = watch.follow(order, { changed: send, ended: end });
  if (unfollow === undefined) return false;
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
  const timer = setTimeout(end, LONGEST_STREAM_MS);
  response.once('close', () => {
    clearInterval(heartbeat);
    clearTimeout(timer);
    unfollow();
  });
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // nginx keeps answers back otherwise.
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  send(order);
  return true;

  function send(state: OrderView): void {
    write(`event: status\ndata: ${JSON.stringify(describeOrder(state))}\n\n`);
    if (isFinal(state)) end();
  }

  function write(text: string): void {
    response.write(text);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  }

  function end(): void {
    response.end();
  }
}
