import type { Logger } from '@payguard/shared/telemetry/logger';
import { awaitsPayment, fingerprint, type OrderView } from '../orders/order-view.ts';

/** A credit should reach the payer's page while the payer looks at it; four small reads a second are nothing. */
const LOOK_EVERY_MS = 250;
/** Each holds a socket and some 20 KB; all their orders go into one statement. */
const MAX_FOLLOWERS = 2_000;

export type Follower = {
  /** The order has changed since it was last shown. */
  changed(order: OrderView): void;
  /** Nobody looks any more: the process stops. */
  ended(): void;
};

export type OrderWatch = {
  /** Shows every change from `order` on until the answered function is called; undefined when too many follow already. */
  follow(order: OrderView, follower: Follower): (() => void) | undefined;
  readonly followers: number;
  /** Ends all followers, and takes no more. */
  close(): void;
};

type Following = { shown: OrderView; print: string; follower: Follower };

/** All who wait in this process share one look at the orders, however many they are. */
export function createOrderWatch(options: {
  read(ids: readonly number[]): Promise<ReadonlyMap<number, OrderView>>;
  /** Called at each look with those that still await their payment. */
  want(orders: readonly OrderView[]): void;
  log: Logger;
}): OrderWatch {
  const { read, want, log } = options;
  const followings = new Set<Following>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failing = false;

  const lookSoon = (): void => {
    if (closed || timer !== undefined || followings.size === 0) return;
    timer = setTimeout(async () => {
      await look();
      timer = undefined;
      lookSoon();
    }, LOOK_EVERY_MS);
  };

  const look = async (): Promise<void> => {
    try {
      const ids = new Set([...followings].map(({ shown }) => shown.id));
      const orders = await read([...ids]);
      want([...orders.values()].filter(awaitsPayment));
      for (const following of followings) show(following, orders.get(following.shown.id));
      failing = false;
    } catch (err) {
      if (!failing) log.warn({ err }, 'waited orders cannot be read');
      failing = true;
    }
  };

  const show = (following: Following, order: OrderView | undefined): void => {
    if (order === undefined) return;
    const print = fingerprint(order);
    if (print === following.print) return;
    Object.assign(following, { shown: order, print });
    following.follower.changed(order);
  };

  return {
    follow(order, follower) {
      if (closed || followings.size >= MAX_FOLLOWERS) return undefined;
      const following = { shown: order, print: fingerprint(order), follower };
      followings.add(following);
      if (awaitsPayment(order)) want([order]);
      lookSoon();
      return () => {
        followings.delete(following);
      };
    },
    get followers() {
      return followings.size;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const { follower } of [...followings]) follower.ended();
      followings.clear();
    },
  };
}
