import { createPrivateKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encryptResource } from '../src/notifications/encrypt-resource.ts';
import { RETRY_PLAN_MS } from '../src/notifications/retry-plan.ts';
import { signNotification } from '../src/notifications/sign-notification.ts';
import { isSignatureRight, openResource } from './open-notification.ts';
import { openScene, payOne } from './simulated-merchant.ts';
import gcm from './vectors/aes-gcm.json' with { type: 'json' };
import official from './vectors/notify.wechatpay-go.json' with { type: 'json' };

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const DAY_MS = 24 * 3_600_000;

describe('a payment', () => {
  it('is notified with a body that verifies, opens and names the order', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const paid = await payOne(scene, 'NOTIFY_ME');

    const [call] = scene.receiver.received;
    if (call === undefined) throw new Error('nothing was received');
    expect(isSignatureRight(call, scene.merchant)).toBe(true);
    expect(openResource(call.body, scene.merchant.apiV3Key)).toEqual({
      mchid: scene.merchant.mchid,
      appid: scene.merchant.appid,
      out_trade_no: 'NOTIFY_ME',
      transaction_id: paid.transactionId,
      trade_type: 'NATIVE',
      trade_state: 'SUCCESS',
      trade_state_desc: '支付成功',
      bank_type: 'OTHERS',
      attach: '',
      success_time: '2025-07-12T00:57:19+08:00',
      payer: { openid: expect.stringMatching(/^o\w{27}$/) },
      amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
      promotion_detail: [],
    });
    expect(paid.notification.state).toBe('delivered');
  });

  it('is notified with the headers of a real call', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    await payOne(scene, 'NOTIFY_ME');
    expect(scene.receiver.received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: '*/*',
      'user-agent': 'Mozilla/4.0',
      pragma: 'no-cache',
      'request-id': expect.stringMatching(/^08[0-9A-F]+-0$/),
      'wechatpay-serial': expect.stringMatching(/^[0-9A-F]{40}$/),
      'wechatpay-timestamp': String(START_MS / 1000),
      'wechatpay-nonce': expect.stringMatching(/^\w{32}$/),
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
    });
  });

  it('is notified with the same fields in the same order as the official SDK’s example', async () => {
    await using scene = await openScene();
    await payOne(scene, 'NOTIFY_ME');
    const ours = JSON.parse(scene.receiver.received[0]?.body ?? '{}');
    const theirs = JSON.parse(official.body);
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(Object.keys(ours.resource)).toEqual(Object.keys(theirs.resource));
    expect(ours.id).toHaveLength(theirs.id.length);
    expect(ours.resource.nonce).toHaveLength(theirs.resource.nonce.length);
  });
});

describe('retries', () => {
  it('follow the published plan of 15 steps over 24 h 4 min, then end', async () => {
    const arrivals: number[] = [];
    await using scene = await openScene(
      (call) => {
        arrivals.push(Number(call.headers['wechatpay-timestamp']) * 1000 - START_MS);
        return 500;
      },
      { clockStartMs: START_MS },
    );
    const { notification } = await payOne(scene, 'NEVER_TAKEN');
    await scene.simulator.clock.advance(10 * DAY_MS);

    const expected = [0];
    for (const waitMs of RETRY_PLAN_MS) expected.push((expected.at(-1) ?? 0) + waitMs);
    expect(arrivals).toEqual(expected);
    expect(arrivals.at(-1)).toBe(DAY_MS + 4 * 60_000);
    expect(notification.state).toBe('given_up');
    expect(scene.simulator.summary()).toMatchObject({ pending: 0, givenUp: 1, attemptsByStatus: { 500: 16 } });
  });

  it('repeat the body byte for byte, with a fresh timestamp, nonce and signature', async () => {
    await using scene = await openScene((_call, count) => (count < 4 ? 500 : 204));
    await payOne(scene, 'FOURTH_TIME');
    await scene.simulator.clock.advance(60_000);

    const { received } = scene.receiver;
    expect(received).toHaveLength(4);
    expect(new Set(received.map((call) => call.body)).size).toBe(1);
    for (const header of ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature']) {
      expect(new Set(received.map((call) => call.headers[header])).size).toBe(4);
    }
    expect(received.every((call) => isSignatureRight(call, scene.merchant))).toBe(true);
  });

  it.each([200, 204])('end with an answer of %i', async (status) => {
    await using scene = await openScene(() => status);
    await payOne(scene, 'ONE_IS_ENOUGH');
    await scene.simulator.clock.advance(DAY_MS);
    expect(scene.receiver.received).toHaveLength(1);
  });

  it.each([201, 202, 400, 401, 404, 429, 500, 503])('go on after an answer of %i', async (status) => {
    await using scene = await openScene((_call, count) => (count === 1 ? status : 204));
    const { notification } = await payOne(scene, 'TRY_AGAIN');
    expect(notification.attempts[0]).toMatchObject({ status, sent: true });
    await scene.simulator.clock.advance(15_000);
    expect(notification.state).toBe('delivered');
  });

  it('go on after a redirect, which is not followed', async () => {
    await using scene = await openScene((call, count) =>
      count === 1 ? { status: 302, headers: { Location: call.path.replace('callback', 'elsewhere') } } : 204,
    );
    await payOne(scene, 'REDIRECTED');
    await scene.simulator.clock.advance(15_000);
    expect(scene.receiver.received.map((call) => call.path)).toEqual(['/callback', '/callback']);
  });

  it('go on after an answer that comes too late', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 'silence' : 204), { answerTimeoutMs: 50 });
    const { notification } = await payOne(scene, 'TOO_LATE');
    expect(notification.attempts[0]).toMatchObject({ status: undefined, error: 'no answer within 50 ms' });
    await scene.simulator.clock.advance(15_000);
    expect(notification.state).toBe('delivered');
  });

  it('go on while nobody listens', async () => {
    await using scene = await openScene();
    await scene.receiver.close();
    const { notification } = await payOne(scene, 'NOBODY_HOME');
    await scene.simulator.clock.advance(30_000);
    expect(notification.attempts.map((attempt) => attempt.error)).toEqual(Array(3).fill('ECONNREFUSED'));
  });

  it('can be made due now', async () => {
    await using scene = await openScene((_call, count) => (count < 3 ? 500 : 204));
    await payOne(scene, 'HURRY_UP_1');
    expect(scene.simulator.redeliverNow('SOMETHING_ELSE')).toBe(0);
    expect(scene.simulator.redeliverNow('HURRY_UP_1')).toBe(1);
    await scene.simulator.idle();
    expect(scene.simulator.redeliverNow()).toBe(1);
    await scene.simulator.idle();
    expect(scene.simulator.summary()).toMatchObject({ delivered: 1, attemptsByStatus: { 500: 2, 204: 1 } });
  });
});

describe('many payments', () => {
  it('are notified with no more sends at once than allowed', async () => {
    let open = 0;
    let most = 0;
    await using scene = await openScene(
      async () => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return 204;
      },
      { concurrency: 3 },
    );
    for (let index = 0; index < 60; index += 1) {
      scene.simulator.createOrder({ outTradeNo: `MANY_${index}`, total: 1 });
      scene.simulator.pay({ outTradeNo: `MANY_${index}` });
    }
    await scene.simulator.idle();
    expect(scene.simulator.summary().delivered).toBe(60);
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe('the key of a notification', () => {
  it('is the public key in public-key mode', async () => {
    await using scene = await openScene(() => 204, { merchants: [{ mchid: '1900000001', mode: 'public-key' }] });
    await payOne(scene, 'BY_PUBLIC_KEY');
    const [call] = scene.receiver.received;
    expect(call?.headers['wechatpay-serial']).toBe(scene.merchant.publicKey.id);
    expect(call !== undefined && isSignatureRight(call, scene.merchant)).toBe(true);
  });

  it('is the public key for about the asked share of orders while rotating', async () => {
    const merchants = [{ mchid: '1900000001', mode: 'rotating', publicKeyShare: 0.2 }] as const;
    await using scene = await openScene(() => 204, { merchants });
    for (let index = 0; index < 200; index += 1) {
      scene.simulator.createOrder({ outTradeNo: `ROTATE_${index}`, total: 1 });
      scene.simulator.pay({ outTradeNo: `ROTATE_${index}` });
    }
    await scene.simulator.idle();
    const serials = scene.receiver.received.map((call) => call.headers['wechatpay-serial']);
    const byPublicKey = serials.filter((serial) => serial === scene.merchant.publicKey.id).length;
    expect(byPublicKey).toBeGreaterThan(20);
    expect(byPublicKey).toBeLessThan(60);
    expect(scene.receiver.received.every((call) => isSignatureRight(call, scene.merchant))).toBe(true);
  });
});

describe('the building blocks for load generators', () => {
  it('sign so that the official SDK’s certificate verifies', async () => {
    const key = createPrivateKey(official.privateKeyPem);
    const headers = await signNotification(key, official.serial, official.body, START_MS);
    const message = `${headers['Wechatpay-Timestamp']}\n${headers['Wechatpay-Nonce']}\n${official.body}\n`;
    const signature = Buffer.from(headers['Wechatpay-Signature'], 'base64');
    expect(verify('sha256', Buffer.from(message), official.certPem, signature)).toBe(true);
  });

  const vectors = gcm.vectors.flatMap(({ plaintext, ...vector }) =>
    vector.key.length === 32 && plaintext !== undefined ? [{ ...vector, plaintext }] : [],
  );
  it.each(vectors)('encrypt as the published vector does: $name', (vector) => {
    expect(encryptResource(vector.key, vector.plaintext, vector.aad, vector.nonce)).toBe(vector.ciphertext);
  });
});
