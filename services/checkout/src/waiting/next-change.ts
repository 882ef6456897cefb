import type { ServerResponse } from 'node:http';
import type { OrderView } from '../orders/order-view.ts';
import type { OrderWatch } from './order-watch.ts';

/**
 * The order as soon as it changes; as it was given after `waitMs`, when the process stops, or when the caller is gone.
 * Undefined when too many wait already.
 */
export function nextChange(
  watch: OrderWatch,
  order: OrderView,
  waitMs: number,
  response: ServerResponse,
): Promise<OrderView> | undefined {
  const { promise, resolve } = Promise.withResolvers<OrderView>();
  const unfollow = watch.follow(order, { changed: resolve, ended: () => resolve(order) });
  if (unfollow === undefined) return undefined;
  const giveUp = () => resolve(order);
  const timer = setTimeout(giveUp, waitMs);
  response.once('close', giveUp);
  return promise.finally(() => {
    clearTimeout(timer);
    response.off('close', giveUp);
    unfollow();
  });
}
