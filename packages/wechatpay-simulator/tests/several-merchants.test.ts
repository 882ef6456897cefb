import { describe, expect, it } from 'vitest';
import { MerchantCalls } from './merchant-calls.ts';
import { callApi } from './merchant-client.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

describe('several merchants', () => {
  it('cannot see, close, refund or use each other’s orders, and may use the same numbers', async () => {
    const merchants = [{ mchid: '1900000001' }, { mchid: '1900000002' }];
    await using scene = await openScene(() => 204, { merchants });
    const [first, second] = callersOf(scene);
    const transactionId = first.makePaid('SHARED_1');
    await first.refund('SHARED_1', 'REFUND_1', 10);
    await first.prepay('native', 'OPEN_ORDER');

    const notExist = { status: 404, json: { code: 'ORDER_NOT_EXIST' } };
    const noResource = { status: 404, json: { code: 'RESOURCE_NOT_EXISTS' } };
    expect(await second.query('SHARED_1')).toMatchObject(notExist);
    expect(await second.call(`/v3/pay/transactions/id/${transactionId}?mchid=1900000002`)).toMatchObject(notExist);
    expect(await second.close('OPEN_ORDER')).toMatchObject(notExist);
    expect(await second.refund('SHARED_1', 'REFUND_2', 10)).toMatchObject(noResource);
    expect(await second.queryRefund('REFUND_1')).toMatchObject(noResource);
    expect((await first.query('OPEN_ORDER')).json.trade_state).toBe('NOTPAY');

    second.makePaid('SHARED_1');
    expect((await second.refund('SHARED_1', 'REFUND_1', 20)).json).toMatchObject({ amount: { refund: 20 } });
    expect((await first.queryRefund('REFUND_1')).json).toMatchObject({ amount: { refund: 10 } });
  });

  it('cannot sign for each other', async () => {
    const merchants = [{ mchid: '1900000001' }, { mchid: '1900000002' }];
    await using scene = await openScene(() => 204, { merchants });
    const [first, second] = callersOf(scene);
    const stolen = { ...second.merchant, mchid: first.merchant.mchid };
    const nowMs = scene.simulator.clock.now();
    const answer = await callApi(scene.simulator.apiUrl, '/v3/certificates', stolen, { nowMs });
    expect(answer).toMatchObject({ status: 401, json: { code: 'SIGN_ERROR' } });
    expect(await first.close('SOME_ORDER', { mchid: '1900000002' })).toMatchObject({ json: { code: 'PARAM_ERROR' } });
  });
});

function callersOf(scene: Scene): [MerchantCalls, MerchantCalls] {
  const [first, second] = scene.simulator.merchants;
  if (first === undefined || second === undefined) throw new Error('the scene needs two merchants');
  return [new MerchantCalls(scene, first), new MerchantCalls(scene, second)];
}
