import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';
import { expectInvariantsHold, makeCreditedOrder, makeOrder } from './order-steps.ts';

let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld();
  await world.startPoints();
});
afterAll(() => world?.stop());

const refund = (outTradeNo: string, body: Record<string, unknown>, headers: Record<string, string> = {}) =>
  world.api.call(`POST /v1/orders/${outTradeNo}/refunds`, { body, headers });

async function rowOf(outRefundNo: string): Promise<Record<string, unknown> | undefined> {
  const rows: Record<string, unknown>[] = await world.pool.query('SELECT * FROM refunds WHERE out_refund_no = ?', [
    outRefundNo,
  ]);
  return rows[0];
}

describe('a refund', () => {
  it('is recorded with its attempt before it is sent, and can be followed', async () => {
    await makeCreditedOrder(world, 'REFUND_ORDER_1');
    const sent = await refund('REFUND_ORDER_1', { out_refund_no: 'R_1', amount: 40, reason: '少发一件' });
    expect(sent).toMatchObject({
      status: 201,
      json: {
        out_refund_no: 'R_1',
        amount: 40,
        status: 'PROCESSING',
        refund_id: expect.any(String),
        reason: '少发一件',
      },
    });
    expect(await rowOf('R_1')).toMatchObject({
      mchid: world.merchant.mchid,
      amount: 40,
      attempts: 1,
      transaction_id: expect.any(String),
      lease_by: expect.stringContaining('checkout/'),
    });
    const path = 'GET /v1/orders/REFUND_ORDER_1/refunds/R_1';
    await vi.waitUntil(async () => (await world.api.call(path)).json.status === 'PROCESSING', { timeout: 10_000 });
    const order = await world.api.call('GET /v1/orders/REFUND_ORDER_1');
    expect(order.json).toMatchObject({ status: 'paid', final: false, refunds: [{ out_refund_no: 'R_1' }] });
  });

  it('again is the same refund; under its number nothing else is given', async () => {
    await makeCreditedOrder(world, 'REFUND_ORDER_2');
    await makeCreditedOrder(world, 'REFUND_ORDER_3');
    await refund('REFUND_ORDER_2', { out_refund_no: 'R_2', amount: 10 });
    const again = await refund('REFUND_ORDER_2', { out_refund_no: 'R_2', amount: 10 });
    expect(again).toMatchObject({ status: 200, json: { out_refund_no: 'R_2', amount: 10 } });
    for (const [outTradeNo, fields] of [
      ['REFUND_ORDER_2', { amount: 11 }],
      ['REFUND_ORDER_2', { amount: 10, reason: 'another' }],
      ['REFUND_ORDER_3', { amount: 10 }],
    ] as const) {
      const other = await refund(outTradeNo, { out_refund_no: 'R_2', ...fields });
      expect(other).toMatchObject({ status: 409, json: { field: 'out_refund_no' } });
    }
  });

  it('gets its number from the Idempotency-Key', async () => {
    await makeCreditedOrder(world, 'REFUND_ORDER_4');
    expect(await refund('REFUND_ORDER_4', { amount: 10 })).toMatchObject({
      status: 400,
      json: { field: 'out_refund_no' },
    });
    const headers = { 'idempotency-key': 'return-1' };
    const [one, other] = await Promise.all([
      refund('REFUND_ORDER_4', { amount: 10 }, headers),
      refund('REFUND_ORDER_4', { amount: 10 }, headers),
    ]);
    expect([one.status, other.status].sort()).toEqual([200, 201]);
    expect(one.json.out_refund_no).toBe(other.json.out_refund_no);
  });

  it('of which many come at once never gives back more than was paid', async () => {
    await makeCreditedOrder(world, 'REFUND_ORDER_5');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => refund('REFUND_ORDER_5', { out_refund_no: `R_5_${n}`, amount: 30 })),
    );
    // WeChat Pay takes one a minute; the others stay requested.
    const taken = answers.filter(({ status }) => status === 201 || status === 202);
    expect(taken).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
    const sums: { sum: number }[] = await world.pool.query(
      "SELECT CAST(SUM(amount) AS SIGNED) AS sum FROM refunds WHERE out_refund_no LIKE 'R\\_5\\_%'",
    );
    expect(sums).toEqual([{ sum: 90 }]);
    const rest = await refund('REFUND_ORDER_5', { out_refund_no: 'R_5_rest', amount: 11 });
    expect(rest).toMatchObject({ status: 409, json: { field: 'amount', detail: expect.stringContaining('10 fen') } });
  });

  it('stays requested for the reconciler, due in half a minute, when WeChat Pay cannot be asked', async () => {
    await makeCreditedOrder(world, 'REFUND_ORDER_6');
    world.simulator.addApiFault({
      operations: ['request_refund'],
      outTradeNo: 'REFUND_ORDER_6',
      fault: { kind: 'error', code: 'SYSTEM_ERROR' },
    });
    const startedAt = Date.now();
    const answer = await refund('REFUND_ORDER_6', { out_refund_no: 'R_6', amount: 10 });
    expect(answer).toMatchObject({ status: 202, json: { status: 'requested', refund_id: null } });
    const row = await rowOf('R_6');
    expect(row).toMatchObject({ status: 'requested', attempts: 1 });
    const dueInMs = Number(row?.next_check_at) - startedAt;
    expect(dueInMs).toBeGreaterThan(25_000);
    expect(dueInMs).toBeLessThan(40_000);
    expect(await refund('REFUND_ORDER_6', { out_refund_no: 'R_6', amount: 10 })).toMatchObject({
      status: 200,
      json: { status: 'requested' },
    });
  });

  it('is refused for an order that is not credited, and for more than 80 bytes of reason', async () => {
    await makeOrder(world, 'REFUND_ORDER_7');
    expect(await refund('REFUND_ORDER_7', { out_refund_no: 'R_7', amount: 10 })).toMatchObject({
      status: 409,
      json: { type: 'urn:payguard:problem:not-refundable', order: { status: 'pending' } },
    });
    const long = await refund('REFUND_ORDER_7', { out_refund_no: 'R_7', amount: 10, reason: '退'.repeat(27) });
    expect(long).toMatchObject({ status: 400, json: { field: 'reason' } });
  });

  it('leaves the books balanced', () => expectInvariantsHold(world));
});
