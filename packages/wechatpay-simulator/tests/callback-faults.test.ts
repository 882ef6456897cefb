import { describe, expect, it } from 'vitest';
import type { Fault } from '../src/faults/fault.ts';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { isOpenable, isSignatureRight, openResource } from './open-notification.ts';
import type { Received } from './receiver.ts';
import { openScene, payOne, type Scene } from './simulated-merchant.ts';
import { complaintOf, openStrictScene } from './strict-merchant.ts';

// What a receiver must check, and in which words it is promised: facts §1.1-1.6 (pages 4012791861, 4013053420).

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');

const FORGED: ReadonlyArray<[Extract<Fault, { attempts: number }>, string]> = [
  [{ kind: 'tampered', part: 'aad', attempts: 1 }, 'decryption'],
  [{ kind: 'wrong_key', attempts: 1 }, 'decryption'],
  [{ kind: 'wrong_amount', attempts: 1 }, 'amount'],
  [{ kind: 'wrong_appid', attempts: 1 }, 'appid'],
  [{ kind: 'wrong_mchid', attempts: 1 }, 'mchid'],
  [{ kind: 'unknown_serial', attempts: 1 }, 'serial'],
  [{ kind: 'stale_timestamp', attempts: 1 }, 'timestamp'],
];

/** Pays with the faults and gives back the false call and the true one that follows after 15 s. */
async function forgedAndTrue(scene: Scene, outTradeNo: string, fault: Fault): Promise<[Received, Received]> {
  await payOne(scene, outTradeNo, [fault]);
  await scene.simulator.clock.advance(15_000);
  const [forged, genuine, more] = scene.receiver.received;
  if (forged === undefined || genuine === undefined || more !== undefined) throw new Error('not two calls');
  return [forged, genuine];
}

function faultNames(scene: Scene) {
  return scene.simulator.faults({ target: 'callback' }).map(({ fault, attempt }) => `${fault} ${attempt}`);
}

describe('a false callback', () => {
  it.each(FORGED)('%j fails exactly one check of a strict merchant, and a true one follows', async (fault, check) => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    const outTradeNo = `FALSE_${fault.kind}`;
    const complaints: string[] = [];
    await payOne(scene, outTradeNo, [fault]);
    complaints.push(...scene.receiver.received.map((call) => complaintOf(scene, call)));
    await scene.simulator.clock.advance(15_000);
    complaints.push(...scene.receiver.received.slice(1).map((call) => complaintOf(scene, call)));

    expect(complaints).toEqual([check, 'none']);
    const name = fault.kind === 'tampered' ? 'tampered_aad' : fault.kind;
    expect(scene.simulator.faults()).toEqual([
      { atMs: START_MS, target: 'callback', mchid: scene.merchant.mchid, outTradeNo, fault: name, attempt: 1 },
    ]);
  });

  it.each(FORGED)('%j comes as often as asked for', async (fault) => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    const { notification } = await payOne(scene, 'THREE_TIMES', [{ ...fault, attempts: 3 }]);
    await scene.simulator.clock.advance(60_000);
    expect(notification.attempts.map((attempt) => attempt.status)).toEqual([401, 401, 401, 204]);
  });

  it('with another associated_data opens with the one it was sealed with', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    const [forged, genuine] = await forgedAndTrue(scene, 'OTHER_AAD', { kind: 'tampered', part: 'aad', attempts: 1 });
    expect(isSignatureRight(forged, scene.merchant)).toBe(true);
    expect(JSON.parse(forged.body).resource.associated_data).toBe('refund');
    const repaired = forged.body.replace('"associated_data":"refund"', '"associated_data":"transaction"');
    expect(repaired).toBe(genuine.body);
  });

  it('sealed with another key is signed as a true one and cannot be opened with the merchant’s', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    const [forged] = await forgedAndTrue(scene, 'OTHER_KEY', { kind: 'wrong_key', attempts: 1 });
    expect(isSignatureRight(forged, scene.merchant)).toBe(true);
    expect(isOpenable(forged, scene.merchant)).toBe(false);
  });

  it.each([
    ['wrong_amount', { amount: { total: 101, payer_total: 101, currency: 'CNY', payer_currency: 'CNY' } }],
    ['wrong_appid', { appid: expect.stringMatching(/^wx/) }],
    ['wrong_mchid', { mchid: expect.stringMatching(/^\d{10}$/) }],
  ] as const)(
    '(%s) is signed and sealed as a true one, with a nonce of its own, and differs in that field only',
    async (kind, change) => {
      await using scene = await openStrictScene({ clockStartMs: START_MS });
      const [forged, genuine] = await forgedAndTrue(scene, 'WRONG_ONE', { kind, attempts: 1 });
      const truth = openResource(genuine.body, scene.merchant.apiV3Key);
      const lie = openResource(forged.body, scene.merchant.apiV3Key);
      expect(isSignatureRight(forged, scene.merchant)).toBe(true);
      expect(lie).toEqual({ ...truth, ...change });
      expect(lie).not.toEqual(truth);
      expect(JSON.parse(forged.body).resource.nonce).not.toBe(JSON.parse(genuine.body).resource.nonce);
      expect(JSON.parse(forged.body).id).toBe(JSON.parse(genuine.body).id);
    },
  );

  it('under an unknown serial would verify under the true one', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    const [forged, genuine] = await forgedAndTrue(scene, 'NEW_SERIAL', { kind: 'unknown_serial', attempts: 1 });
    expect(forged.headers['wechatpay-serial']).toMatch(/^[0-9A-F]{40}$/);
    const serial = genuine.headers['wechatpay-serial'];
    expect(
      isSignatureRight({ ...forged, headers: { ...forged.headers, 'wechatpay-serial': serial } }, scene.merchant),
    ).toBe(true);
  });

  it('with a stale timestamp is truly signed, more than 300 s ago', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    const [forged] = await forgedAndTrue(scene, 'STALE_ONE', { kind: 'stale_timestamp', attempts: 1 });
    expect(isSignatureRight(forged, scene.merchant)).toBe(true);
    expect(START_MS / 1000 - Number(forged.headers['wechatpay-timestamp'])).toBeGreaterThan(300);
  });
});

describe('all faulty attempts of one notification', () => {
  it('come in the documented order, whatever order they were asked for in', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    const kinds = FORGED.filter(([fault]) => fault.kind !== 'tampered').map(([fault]) => fault);
    const faults: Fault[] = [
      { kind: 'doubled' },
      { kind: 'signtest', attempts: 1 },
      ...kinds.toReversed(),
      { kind: 'tampered', part: 'body', attempts: 1 },
      { kind: 'lost_first', attempts: 1 },
    ];
    const { notification } = await payOne(scene, 'EVERYTHING', faults);
    await scene.simulator.clock.advance(24 * 3_600_000);
    expect(notification.state).toBe('delivered');
    expect(faultNames(scene)).toEqual([
      'lost_first 1',
      'tampered_body 2',
      'wrong_key 3',
      'wrong_amount 4',
      'wrong_appid 5',
      'wrong_mchid 6',
      'unknown_serial 7',
      'stale_timestamp 8',
      'signtest 9',
      'doubled 10',
    ]);
  });
});

describe('a callback out of order', () => {
  function arrivals(scene: Scene) {
    return scene.receiver.received.map((call) => openResource(call.body, scene.merchant.apiV3Key).out_trade_no);
  }

  it('comes after the next one of its merchant has been answered', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    await payOne(scene, 'OVERTAKEN', [{ kind: 'out_of_order' }]);
    await scene.simulator.clock.advance(20_000);
    expect(arrivals(scene)).toEqual([]);
    await payOne(scene, 'OVERTAKER');
    expect(arrivals(scene)).toEqual(['OVERTAKER', 'OVERTAKEN']);
    expect(scene.simulator.faults()).toMatchObject([
      {
        fault: 'out_of_order',
        outTradeNo: 'OVERTAKEN',
        attempt: 0,
        detail: 'overtaken by OVERTAKER',
      },
    ]);
  });

  it('comes after an answer that refuses, too, but not after a send that nobody answered', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 'silence' : 500), { answerTimeoutMs: 1_000 });
    await payOne(scene, 'OVERTAKEN', [{ kind: 'out_of_order' }]);
    await payOne(scene, 'OVERTAKER');
    expect(arrivals(scene)).toEqual(['OVERTAKER']);
    await scene.simulator.clock.advance(15_000);
    expect(arrivals(scene)).toEqual(['OVERTAKER', 'OVERTAKER', 'OVERTAKEN']);
  });

  it('comes after 60 s when no other does', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    await payOne(scene, 'ALONE_1', [{ kind: 'out_of_order' }]);
    await scene.simulator.clock.advance(59_999);
    expect(arrivals(scene)).toEqual([]);
    await scene.simulator.clock.advance(1);
    expect(arrivals(scene)).toEqual(['ALONE_1']);
    expect(scene.simulator.faults()).toMatchObject([{ fault: 'out_of_order', detail: 'not overtaken' }]);
  });

  it('does not wait for another merchant’s', async () => {
    const merchants = [{ mchid: '1900000001' }, { mchid: '1900000002' }];
    await using scene = await openScene(() => 204, { merchants, clockStartMs: START_MS });
    const { simulator } = scene;
    for (const mchid of ['1900000001', '1900000002']) simulator.createOrder({ mchid, outTradeNo: 'SAME_1', total: 1 });
    simulator.pay({ mchid: '1900000001', outTradeNo: 'SAME_1', faults: [{ kind: 'out_of_order' }] });
    await simulator.idle();
    simulator.pay({ mchid: '1900000002', outTradeNo: 'SAME_1' });
    await simulator.idle();
    expect(scene.receiver.received).toHaveLength(1);
  });

  it('goes out at once when its attempts are made due', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    await payOne(scene, 'HURRIED', [{ kind: 'out_of_order' }]);
    expect(scene.simulator.redeliverNow('HURRIED')).toBe(1);
    await scene.simulator.idle();
    expect(arrivals(scene)).toEqual(['HURRIED']);
  });
});

describe('two senders at once', () => {
  it('are open together even when only one notification may be sent at a time', async () => {
    const both = Promise.withResolvers<void>();
    const answer = async (_call: Received, count: number) => {
      if (count === 2) both.resolve();
      await both.promise;
      return 204;
    };
    await using scene = await openScene(answer, { concurrency: 1 });
    const { notification } = await payOne(scene, 'AT_ONCE_1', [{ kind: 'doubled_at_once' }]);
    expect(notification.attempts.map((attempt) => attempt.status)).toEqual([204, 204]);
  });
});

describe('the notification of a refund', () => {
  async function refundWith(scene: Scene, faults: readonly Fault[]) {
    const shop = new MerchantCalls(scene);
    shop.makePaid('REFUNDED');
    await callControl(scene.simulator.controlUrl, 'POST', '/faults/refunds/REFUND_1', { faults });
    await shop.refund('REFUNDED', 'REFUND_1', 30, { notify_url: scene.receiver.url });
    await scene.simulator.clock.advance(3_000);
  }

  it.each(FORGED.filter(([fault]) => fault.kind !== 'wrong_appid'))(
    'is false in the same way with %j',
    async (fault, check) => {
      await using scene = await openStrictScene({ clockStartMs: START_MS });
      await refundWith(scene, [fault]);
      const [forged] = scene.receiver.received;
      expect(forged === undefined ? undefined : complaintOf(scene, forged)).toBe(check);
      await scene.simulator.clock.advance(15_000);
      const refund = scene.simulator.findOrder(scene.merchant.mchid, 'REFUNDED')?.refunds[0];
      expect(refund?.notification?.state).toBe('delivered');
      expect(scene.simulator.faults({ outRefundNo: 'REFUND_1' })).toMatchObject([{ target: 'callback', attempt: 1 }]);
    },
  );

  it('with another amount says a fen more was refunded', async () => {
    await using scene = await openStrictScene({ clockStartMs: START_MS });
    await refundWith(scene, [{ kind: 'wrong_amount', attempts: 1 }]);
    const [forged] = scene.receiver.received;
    const resource = openResource(forged?.body ?? '', scene.merchant.apiV3Key);
    expect(resource.amount).toMatchObject({ total: 100, refund: 31 });
  });

  it('cannot have a wrong appid, since it has none (facts §1.3)', async () => {
    await using scene = await openScene();
    const faults = [{ kind: 'wrong_appid' }];
    const answer = await callControl(scene.simulator.controlUrl, 'POST', '/faults/refunds/REFUND_1', { faults });
    expect(answer).toMatchObject({ status: 400, json: { error: expect.stringContaining('no appid') } });
  });

  it('in the old API’s XML can be lost, but has no signature to be false', async () => {
    await using scene = await openScene();
    const { controlUrl } = scene.simulator;
    await callControl(controlUrl, 'PUT', '/refunds/v2-notify-url', { url: scene.receiver.url });
    const shop = new MerchantCalls(scene);
    shop.makePaid('REFUNDED');
    const faults = [{ kind: 'lost_first' }, { kind: 'signtest' }];
    await callControl(controlUrl, 'POST', '/faults/refunds/REFUND_1', { faults });
    await shop.refund('REFUNDED', 'REFUND_1', 30);
    await scene.simulator.clock.advance(60_000);
    expect(scene.simulator.faults({ outRefundNo: 'REFUND_1' })).toMatchObject([{ fault: 'lost_first' }]);
    expect(scene.receiver.received).toHaveLength(1);
  });
});
