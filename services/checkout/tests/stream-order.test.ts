import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mchidSchema, outTradeNoSchema } from '@payguard/shared/rules/wechat-fields';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { expect, it } from 'vitest';
import type { OrderView } from '../src/orders/order-view.ts';
import { createOrderWatch } from '../src/waiting/order-watch.ts';
import { streamOrder } from '../src/waiting/stream-order.ts';

const ORDER: OrderView = {
  id: 1,
  mchid: mchidSchema.parse('1900000109'),
  outTradeNo: outTradeNoSchema.parse('ORDER_1'),
  appid: 'wxd678efh567hg6787',
  userId: 1,
  status: 'pending',
  amountTotal: 100,
  currency: 'CNY',
  points: 100,
  bonusPoints: 0,
  transactionId: null,
  createdAt: 0,
  expiresAt: null,
  paidAt: null,
  creditedAt: null,
  closedAt: null,
  isHeld: false,
  refundedTotal: 0,
  refunds: [],
};

it('follows nothing for a caller who has gone while the order was read', async () => {
  const log = createLogger('checkout', 'silent');
  const watch = createOrderWatch({ read: async () => new Map([[ORDER.id, ORDER]]), want: () => undefined, log });
  const caller = new AbortController();
  const streamed = Promise.withResolvers<boolean>();
  const server = createServer(async (_request, response) => {
    caller.abort();
    await once(response, 'close');
    streamed.resolve(streamOrder(watch, ORDER, response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(fetch(`http://127.0.0.1:${port}/`, { signal: caller.signal })).rejects.toThrow();
  await streamed.promise;
  expect(watch.followers).toBe(0);
  watch.close();
  server.close();
});
