import { checkInvariants } from '@payguard/shared/database/check-invariants';
import { expect } from 'vitest';
import { type CheckoutWorld, USER_ID } from './checkout-world.ts';

/** The fields of a Native order that is in order. */
export function nativeOrder(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    trade_type: 'native',
    user_id: USER_ID,
    amount_total: 100,
    points: 100,
    description: '充值 100 积分',
    ...fields,
  };
}

/** Makes an order of this number and answers it. */
export async function makeOrder({ api }: CheckoutWorld, outTradeNo: string, fields: Record<string, unknown> = {}) {
  const made = await api.call('POST /v1/orders', { body: nativeOrder({ out_trade_no: outTradeNo, ...fields }) });
  expect(made.status).toBe(201);
  return made.json;
}

/** The payer pays at WeChat Pay; the callback is lost. */
export function pay({ simulator, merchant }: CheckoutWorld, outTradeNo: string): void {
  const paid = simulator.pay({ outTradeNo, mchid: merchant.mchid, faults: [{ kind: 'lost' }] });
  expect(paid.kind).toBe('paid');
}

/** Makes an order, lets the payer pay it, and waits until it is credited (which needs points). */
export async function makeCreditedOrder(world: CheckoutWorld, outTradeNo: string): Promise<void> {
  await makeOrder(world, outTradeNo);
  pay(world, outTradeNo);
  const order = await world.api.call(`GET /v1/orders/${outTradeNo}?wait=30`);
  expect(order.json).toMatchObject({ status: 'paid', credited_at: expect.any(String) });
}

export async function expectInvariantsHold({ pool }: CheckoutWorld): Promise<void> {
  const results = await checkInvariants(pool);
  expect(results.filter(({ severity, violations }) => severity === 'broken' && violations > 0)).toEqual([]);
}
