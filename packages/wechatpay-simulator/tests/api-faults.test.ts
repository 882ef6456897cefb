import { describe, expect, it, vi } from 'vitest';
import { API_ERROR_STATUSES } from '../src/faults/api-error-codes.ts';
import type { ApiFaultInput } from '../src/faults/api-fault.ts';
import type { ApiFaultWish } from '../src/faults/api-fault-rule.ts';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { type CallAnswer, isAnswerSignedBy } from './merchant-client.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

// Codes and statuses: facts §3.1 (page 4012081717); probes: facts §1.5; what a 2xx must carry: facts §3.1.

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const SIGNATURE_HEADERS = ['wechatpay-signature', 'wechatpay-serial', 'wechatpay-timestamp', 'wechatpay-nonce'];

interface Stage extends AsyncDisposable {
  readonly scene: Scene;
  readonly shop: MerchantCalls;
}

async function openStage(...wishes: ApiFaultWish[]): Promise<Stage> {
  const scene = await openScene(() => 204, { clockStartMs: START_MS });
  for (const wish of wishes) scene.simulator.addApiFault(wish);
  return { scene, shop: new MerchantCalls(scene), [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

function isSigned({ scene }: Stage, answer: CallAnswer): boolean {
  return isAnswerSignedBy(answer, scene.merchant.platform.publicKeyPem);
}

function orderOf({ scene }: Stage, outTradeNo: string) {
  return scene.simulator.findOrder(scene.merchant.mchid, outTradeNo);
}

function recorded({ scene }: Stage) {
  return scene.simulator.faults({ target: 'api' });
}

const ERRORS = Object.entries(API_ERROR_STATUSES).flatMap(([code, statuses]) =>
  statuses.map((status) => [status, code]),
);

describe('an error by rule', () => {
  it.each(ERRORS)('%i %s comes unsigned, in JSON, and the call is not carried out', async (status, code) => {
    await using stage = await openStage();
    const fault = { kind: 'error', code, status };
    const rule = await callControl(stage.scene.simulator.controlUrl, 'POST', '/faults/api', { fault });
    expect(rule.status).toBe(201);
    const answer = await stage.shop.prepay('native', 'REFUSED_1');
    expect(answer).toMatchObject({ status, json: { code, message: expect.any(String) } });
    expect(answer.headers.get('request-id')).toMatch(/-\d+$/);
    for (const header of SIGNATURE_HEADERS) expect(answer.headers.get(header)).toBeNull();
    expect(orderOf(stage, 'REFUSED_1')).toBeUndefined();
    expect(recorded(stage)).toEqual([
      {
        ...{ atMs: START_MS, target: 'api', mchid: stage.scene.merchant.mchid, outTradeNo: 'REFUSED_1' },
        ...{ operation: 'prepay_native', fault: `error_${code}`, detail: 'api-1: not carried out' },
      },
    ]);
  });

  it('has the usual status when none is given: 503 for SERVICE_UNAVAILABLE', async () => {
    await using stage = await openStage({ fault: { kind: 'error', code: 'SERVICE_UNAVAILABLE' } });
    expect((await stage.shop.query('WHATEVER')).status).toBe(503);
  });

  it('after a refund took effect leaves it to be found, and the same request again takes no money twice', async () => {
    const fault: ApiFaultInput = { kind: 'error', code: 'SYSTEM_ERROR' };
    await using stage = await openStage({ operations: ['request_refund'], times: 1, effect: 'after', fault });
    stage.shop.makePaid('REFUNDED');
    expect(await stage.shop.refund('REFUNDED', 'REFUND_1', 60)).toMatchObject({ status: 500 });
    expect(recorded(stage)).toMatchObject([
      { outTradeNo: 'REFUNDED', outRefundNo: 'REFUND_1', detail: 'api-1: carried out' },
    ]);
    expect(await stage.shop.queryRefund('REFUND_1')).toMatchObject({ status: 200, json: { status: 'PROCESSING' } });
    expect(await stage.shop.refund('REFUNDED', 'REFUND_1', 60)).toMatchObject({ status: 200 });
    expect(orderOf(stage, 'REFUNDED')?.refunds).toHaveLength(1);
  });
});

describe('a spoilt answer to a call that took effect', () => {
  it.each(['unsigned', 'wrongly_signed', 'unknown_serial', 'signtest'] as const)(
    '(%s) does not verify',
    async (kind) => {
      await using stage = await openStage({ times: 1, fault: { kind } });
      const spoilt = await stage.shop.prepay('native', 'SPOILT_1');
      expect(spoilt).toMatchObject({ status: 200, json: { code_url: expect.any(String) } });
      const isKnownSerial = spoilt.headers.get('wechatpay-serial') === stage.scene.merchant.platform.serial;
      expect(isKnownSerial && isSigned(stage, spoilt)).toBe(false);
      expect(orderOf(stage, 'SPOILT_1')).toBeDefined();

      const repeated = await stage.shop.prepay('native', 'SPOILT_1');
      expect(repeated.json).toEqual(spoilt.json);
      expect(isSigned(stage, repeated)).toBe(true);
    },
  );

  it('unsigned has no Wechatpay header at all, on a 204 too', async () => {
    await using stage = await openStage({ operations: ['close_order'], fault: { kind: 'unsigned' } });
    await stage.shop.prepay('native', 'CLOSED_1');
    const answer = await stage.shop.close('CLOSED_1');
    expect(answer.status).toBe(204);
    for (const header of SIGNATURE_HEADERS) expect(answer.headers.get(header)).toBeNull();
    expect(orderOf(stage, 'CLOSED_1')?.closedAtMs).toBe(START_MS);
  });

  it('with an unknown serial would verify under the true one', async () => {
    await using stage = await openStage({ fault: { kind: 'unknown_serial' } });
    const answer = await stage.shop.prepay('native', 'SERIAL_1');
    expect(answer.headers.get('wechatpay-serial')).toMatch(/^[0-9A-F]{40}$/);
    expect(answer.headers.get('wechatpay-serial')).not.toBe(stage.scene.merchant.platform.serial);
    expect(isSigned(stage, answer)).toBe(true);
  });

  it('as a probe is marked, and the repeat of a call is not probed (facts §1.5)', async () => {
    await using stage = await openStage({ fault: { kind: 'signtest' } });
    const isProbe = (answer: CallAnswer) =>
      answer.headers.get('wechatpay-signature')?.startsWith('WECHATPAY/SIGNTEST/') ?? false;
    await stage.shop.prepay('native', 'PROBED_1');
    const answers: CallAnswer[] = [];
    for (const outTradeNo of ['PROBED_1', 'PROBED_1', 'PROBED_1']) answers.push(await stage.shop.query(outTradeNo));
    expect(answers.map(isProbe)).toEqual([true, false, true]);
    expect(isSigned(stage, answers[1] ?? expect.fail())).toBe(true);
  });

  it.each([-400_000, 400_000])(
    'by a clock that is %i ms off is truly signed, at another time, and dated so',
    async (ms) => {
      await using stage = await openStage({ fault: { kind: 'clock_off', ms } });
      const answer = await stage.shop.prepay('native', 'CLOCK_OFF_1');
      expect(isSigned(stage, answer)).toBe(true);
      expect(Number(answer.headers.get('wechatpay-timestamp')) * 1000).toBe(START_MS + ms);
      expect(Date.parse(answer.headers.get('date') ?? '')).toBe(START_MS + ms);
    },
  );

  it('as a probe still comes to a call that failed by itself before, since that one was not probed', async () => {
    await using stage = await openStage({ operations: ['query_by_out_trade_no'], fault: { kind: 'signtest' } });
    expect((await stage.shop.query('PROBED_LATER')).status).toBe(404);
    await stage.shop.prepay('native', 'PROBED_LATER');
    expect(isSigned(stage, await stage.shop.query('PROBED_LATER'))).toBe(false);
    expect(isSigned(stage, await stage.shop.query('PROBED_LATER'))).toBe(true);
  });

  it('is not made of an answer that carries no signature, which costs the rule nothing', async () => {
    await using stage = await openStage({ times: 1, fault: { kind: 'unsigned' } });
    expect((await stage.shop.query('UNKNOWN_1')).status).toBe(404);
    expect(recorded(stage)).toEqual([]);
    await stage.shop.prepay('native', 'NOW_SPOILT');
    expect(recorded(stage)).toHaveLength(1);
  });
});

describe('an answer that is none', () => {
  it('202 says nothing but that the request is to be repeated', async () => {
    await using stage = await openStage({ times: 1, fault: { kind: 'accepted_202' } });
    const answer = await stage.shop.prepay('native', 'ACCEPTED_1');
    expect(answer).toMatchObject({ status: 202, text: '' });
    expect(isSigned(stage, answer)).toBe(true);
    expect(orderOf(stage, 'ACCEPTED_1')).toBeUndefined();
    expect((await stage.shop.prepay('native', 'ACCEPTED_1')).status).toBe(200);
  });

  it.each([
    ['html_404', 'text/html', '<html>'],
    ['empty_404', null, ''],
  ] as const)(
    '%s comes from a web server in front and is no proof that an order does not exist',
    async (kind, type, start) => {
      await using stage = await openStage({ operations: ['query_by_out_trade_no'], fault: { kind } });
      await stage.shop.prepay('native', 'EXISTS_1');
      const answer = await stage.shop.query('EXISTS_1');
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe(type);
      expect(answer.text.slice(0, 6)).toBe(start);
    },
  );
});

describe('a connection', () => {
  it.each([
    ['before', undefined],
    ['after', expect.anything()],
  ] as const)('is cut %s the call takes effect', async (effect, order) => {
    await using stage = await openStage({ effect, fault: { kind: 'cut' } });
    await expect(stage.shop.prepay('native', 'CUT_OFF_1')).rejects.toThrow('fetch failed');
    if (order === undefined) expect(orderOf(stage, 'CUT_OFF_1')).toBeUndefined();
    else expect(orderOf(stage, 'CUT_OFF_1')).toEqual(order);
    expect(recorded(stage)).toMatchObject([{ fault: 'cut' }]);
  });

  it('is cut in the middle of the body', async () => {
    await using stage = await openStage({ fault: { kind: 'cut', sent: 'half_body' } });
    // The status has arrived, so that it is the reading of the body that fails.
    await expect(stage.shop.prepay('native', 'HALF_SENT')).rejects.toThrow('terminated');
    expect(orderOf(stage, 'HALF_SENT')).toBeDefined();
    expect(recorded(stage)).toMatchObject([{ fault: 'cut_half_body', detail: 'api-1: carried out' }]);
  });

  it('is slow by so many real milliseconds and then answers truly', async () => {
    await using stage = await openStage({ fault: { kind: 'slow', ms: 120 } });
    const startedAt = performance.now();
    const answer = await stage.shop.prepay('native', 'SLOW_ONE');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(119);
    expect(isSigned(stage, answer)).toBe(true);
  });

  it('hangs until the simulator stops', async () => {
    await using stage = await openStage({ fault: { kind: 'hang' } });
    const states: string[] = [];
    const call = stage.shop.query('HANGING_1').catch(() => states.push('cut'));
    await vi.waitFor(() => expect(recorded(stage)).toHaveLength(1));
    states.push('closing');
    await stage.scene.simulator.close();
    await call;
    expect(states).toEqual(['closing', 'cut']);
  });

  it('whose answer is under way at a stop ends with it, instead of being kept for more', async () => {
    await using stage = await openStage({ fault: { kind: 'slow', ms: 300 } });
    const call = stage.shop.prepay('native', 'STOPPED_1');
    await vi.waitFor(() => expect(recorded(stage)).toHaveLength(1));
    await stage.scene.simulator.close();
    const answer = await call;
    expect(isSigned(stage, answer)).toBe(true);
    expect(answer.headers.get('connection')).toBe('close');
  });
});

describe('a rule', () => {
  const fault: ApiFaultInput = { kind: 'error', code: 'FREQUENCY_LIMITED' };

  it('holds for its operations only', async () => {
    await using stage = await openStage({ operations: ['close_order', 'query_refund'], fault });
    expect((await stage.shop.prepay('native', 'CHOSEN_1')).status).toBe(200);
    expect((await stage.shop.close('CHOSEN_1')).status).toBe(429);
    expect((await stage.shop.queryRefund('REFUND_1')).status).toBe(429);
  });

  it('finds its order by every number a call may name', async () => {
    await using stage = await openStage();
    const transactionId = stage.shop.makePaid('CHOSEN_1');
    stage.shop.makePaid('OTHERS_1');
    await stage.shop.refund('CHOSEN_1', 'REFUND_1', 10);
    stage.scene.simulator.addApiFault({ outTradeNo: 'CHOSEN_1', fault });
    const { mchid } = stage.scene.merchant;
    const calls = [
      stage.shop.query('CHOSEN_1'),
      stage.shop.call(`/v3/pay/transactions/id/${transactionId}?mchid=${mchid}`),
      stage.shop.close('CHOSEN_1'),
      stage.shop.refund('CHOSEN_1', 'REFUND_2', 10),
      stage.shop.refund('', 'REFUND_2', 10, { out_trade_no: undefined, transaction_id: transactionId }),
      stage.shop.queryRefund('REFUND_1'),
    ];
    for (const call of calls) expect((await call).status).toBe(429);
    expect((await stage.shop.query('OTHERS_1')).status).toBe(200);
  });

  it('holds for its merchant only', async () => {
    const merchants = [{ mchid: '1900000001' }, { mchid: '1900000002' }];
    await using scene = await openScene(() => 204, { merchants, clockStartMs: START_MS });
    scene.simulator.addApiFault({ mchid: '1900000002', fault });
    const statuses: number[] = [];
    for (const merchant of scene.simulator.merchants) {
      statuses.push((await new MerchantCalls(scene, merchant).prepay('native', 'ORDER_OF_BOTH')).status);
    }
    expect(statuses).toEqual([200, 429]);
  });

  it('rests after so many times', async () => {
    await using stage = await openStage({ times: 2, fault });
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await stage.shop.query('UNKNOWN_1')).status);
    expect(statuses).toEqual([429, 429, 404]);
  });

  it('holds from its first moment on and no longer than to its last, on the simulator’s clock', async () => {
    await using stage = await openStage({ fromMs: START_MS + 1_000, untilMs: START_MS + 2_000, fault });
    const statuses: number[] = [];
    for (const ms of [0, 999, 1, 999, 1]) {
      await stage.scene.simulator.clock.advance(ms);
      statuses.push((await stage.shop.query('UNKNOWN_1')).status);
    }
    expect(statuses).toEqual([404, 404, 429, 429, 404]);
  });

  it('added first wins', async () => {
    await using stage = await openStage({ times: 1, fault }, { fault: { kind: 'empty_404' } });
    expect((await stage.shop.query('UNKNOWN_1')).status).toBe(429);
    expect((await stage.shop.query('UNKNOWN_1')).text).toBe('');
  });

  it('with a rate and a seed befalls the same calls whatever order they come in, and about so many', async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => `DRAWN_${index}`);
    const befallen = async (order: readonly string[], seed: string) => {
      await using stage = await openStage({ rate: 0.3, seed, fault });
      for (const outTradeNo of order) await stage.shop.query(outTradeNo);
      return recorded(stage)
        .map((record) => record.outTradeNo)
        .sort();
    };
    const first = await befallen(numbers, 'seed-1');
    expect(await befallen(numbers.toReversed(), 'seed-1')).toEqual(first);
    expect(await befallen(numbers, 'seed-2')).not.toEqual(first);
    expect(first.length).toBeGreaterThan(40);
    expect(first.length).toBeLessThan(80);
  });

  it('draws anew for each repeat of a call', async () => {
    await using stage = await openStage({ rate: 0.5, seed: 'repeats', fault });
    const statuses = new Set<number>();
    for (let turn = 0; turn < 20; turn += 1) statuses.add((await stage.shop.query('UNKNOWN_1')).status);
    expect([...statuses].sort()).toEqual([404, 429]);
  });

  it('does not shield a call with a wrong signature from its 401', async () => {
    await using stage = await openStage({ fault });
    const forgeAuthorization = (text: string) => text.replace('nonce_str="', 'nonce_str="0');
    expect(await stage.shop.call('/v3/certificates', { forgeAuthorization })).toMatchObject({ status: 401 });
    expect(recorded(stage)).toEqual([]);
  });

  it('can be listed and deleted', async () => {
    await using stage = await openStage();
    const { controlUrl } = stage.scene.simulator;
    const wish = { operations: ['close_order'], rate: 0.5, seed: 's', from: '2025-07-12T00:00:00+08:00', fault };
    await callControl(controlUrl, 'POST', '/faults/api', wish);
    expect((await callControl(controlUrl, 'GET', '/faults/api')).json).toEqual({
      rules: [
        {
          ...{ id: 'api-1', operations: ['close_order'], mchid: null, outTradeNo: null, rate: 0.5, seed: 's' },
          ...{ times: null, from: '2025-07-11T16:00:00.000Z', until: null, effect: 'before', fault, applied: 0 },
        },
      ],
    });
    expect((await callControl(controlUrl, 'DELETE', '/faults/api/api-1')).status).toBe(204);
    expect((await callControl(controlUrl, 'GET', '/faults/api')).json).toEqual({ rules: [] });
    const again = await callControl(controlUrl, 'DELETE', '/faults/api/api-1');
    expect(again).toMatchObject({ status: 404, json: { error: expect.stringContaining('id is unknown') } });
  });

  it('ends with a reset', async () => {
    await using stage = await openStage({ fault });
    await stage.scene.simulator.reset();
    expect((await stage.shop.query('UNKNOWN_1')).status).toBe(404);
  });

  it.each([
    [{ fault: { kind: 'error', code: 'NO_AUTH', status: 500 } }, 'fault.status'],
    [{ fault: { kind: 'error', code: 'NO_SUCH_CODE' } }, 'fault.code'],
    [{ fault: { kind: 'unsigned' }, effect: 'before' }, 'effect'],
    [{ fault: { kind: 'slow', ms: 10 }, effect: 'before' }, 'effect'],
    [{ fault: { kind: 'slow' } }, 'fault.ms'],
    [{ fault: { kind: 'clock_off', ms: 0 } }, 'fault.ms'],
    [{ fault: { kind: 'hang' }, rate: 2 }, 'rate'],
    [{ fault: { kind: 'hang' }, operations: ['prepay'] }, 'operations.0'],
    [{}, 'fault'],
  ])('%j is refused in one sentence that names the field', async (wish, field) => {
    await using stage = await openStage();
    const answer = await callControl(stage.scene.simulator.controlUrl, 'POST', '/faults/api', wish);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain(field);
    expect(answer.json.error).toMatch(/^[^\n]+\.$/);
  });
});
