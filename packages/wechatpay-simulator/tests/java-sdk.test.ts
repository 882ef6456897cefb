import { describe, expect, it } from 'vitest';
import { toBeijingTime } from '../src/beijing-time.ts';
import type { SimulatorOptions } from '../src/simulator.ts';
import { callControl } from './control-client.ts';
import type { SdkClient } from './java-sdk/sdk-process.ts';
import { useJavaSdk } from './java-sdk/use-java-sdk.ts';
import { prepayBody } from './merchant-client.ts';
import { openScene, payOne, type Scene } from './simulated-merchant.ts';

// The official SDK, com.github.wechatpay-apiv3:wechatpay-java 0.2.17, unchanged but for its host (SimulatorHost.java).
// What it must throw for what: its own sources of that version (AbstractHttpClient, NotificationParser).

const DAY_MS = 24 * 3_600_000;
/** What is older is to be refused (page 4013053420). */
const MAX_AGE_S = 300;
const MCHIDS = { certificate: '1900000001', 'public-key': '1900000002', rotating: '1900000003' } as const;
/** On its own: the scenes of this file share their keys, and its certificate is replaced. */
const ROLLING_MCHID = '1900000004';

const javaSdk = useJavaSdk();

type Mode = keyof typeof MCHIDS;

/** A scene of one merchant of this mode. */
function openModeScene(mode: Mode, options: SimulatorOptions = {}): Promise<Scene> {
  return openScene(() => 204, { merchants: [{ mchid: MCHIDS[mode], mode }], ...options });
}

function orderOf({ merchant, receiver }: Scene, outTradeNo: string) {
  return prepayBody(merchant, outTradeNo, receiver.url);
}

describe.each([
  { config: 'RSAAutoCertificateConfig', mode: 'certificate' },
  { config: 'RSAPublicKeyConfig', mode: 'public-key' },
] as const)('the official Java SDK with $config', ({ config, mode }) => {
  it('creates a Native order and sees it unpaid, then paid, by both of its numbers', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    const { mchid, appid } = scene.merchant;
    const prepaid = await call('native.prepay', orderOf(scene, 'JAVA_NATIVE'));
    expect(prepaid).toEqual({ code_url: expect.stringMatching(/^weixin:\/\/wxpay\//) });

    const query = { mchid, out_trade_no: 'JAVA_NATIVE' };
    expect(await call('native.queryOrderByOutTradeNo', query)).toMatchObject({ trade_state: 'NOTPAY' });

    scene.simulator.pay({ outTradeNo: 'JAVA_NATIVE', transactionId: '4200000000000000000000000001' });
    const transaction = {
      ...query,
      appid,
      transaction_id: '4200000000000000000000000001',
      trade_type: 'NATIVE',
      trade_state: 'SUCCESS',
      amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
    };
    expect(await call('native.queryOrderByOutTradeNo', query)).toMatchObject(transaction);
    const byId = { mchid, transaction_id: '4200000000000000000000000001' };
    expect(await call('native.queryOrderById', byId)).toMatchObject(transaction);
  });

  it('creates JSAPI, APP and H5 orders and signs what the payer needs', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    const jsapi = { ...orderOf(scene, 'JAVA_JSAPI'), payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } };
    const forPage = await call('jsapi.prepayWithRequestPayment', jsapi);
    expect(forPage).toMatchObject({ package: expect.stringMatching(/^prepay_id=wx/), signType: 'RSA' });

    const forApp = await call('app.prepayWithRequestPayment', orderOf(scene, 'JAVA_APP'));
    expect(forApp).toMatchObject({ prepayid: expect.stringMatching(/^wx/), partnerid: scene.merchant.mchid });

    const scene_info = { payer_client_ip: '203.0.113.7', h5_info: { type: 'Wap' } };
    const forBrowser = await call('h5.prepay', { ...orderOf(scene, 'JAVA_H5'), scene_info });
    expect(forBrowser).toEqual({ h5_url: expect.stringMatching(/^https?:\/\//) });
  });

  it('takes an out_trade_no of every character that one may have', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    const outTradeNo = 'azAZ09_-|*';
    await call('native.prepay', orderOf(scene, outTradeNo));
    const query = { mchid: scene.merchant.mchid, out_trade_no: outTradeNo };
    expect(await call('native.queryOrderByOutTradeNo', query)).toMatchObject({ out_trade_no: outTradeNo });
  });

  it('closes an unpaid order, and is refused for a paid one', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    const unpaid = { mchid: scene.merchant.mchid, out_trade_no: 'JAVA_UNPAID' };
    await call('native.prepay', orderOf(scene, 'JAVA_UNPAID'));
    expect(await call('native.closeOrder', unpaid)).toBeNull();
    expect(await call('native.queryOrderByOutTradeNo', unpaid)).toMatchObject({ trade_state: 'CLOSED' });

    await payOne(scene, 'JAVA_PAID');
    const close = call('native.closeOrder', { ...unpaid, out_trade_no: 'JAVA_PAID' });
    await expect(close).rejects.toMatchObject({ type: 'ServiceException', status: 400, code: 'ORDER_PAID' });
  });

  it('refunds a part of a payment, sees it done, and accepts its notification', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    await payOne(scene, 'JAVA_REFUNDED');
    const refund = { out_refund_no: 'JAVA_REFUND', out_trade_no: 'JAVA_REFUNDED', amount: { refund: 30, total: 100 } };
    const amount = { ...refund.amount, currency: 'CNY' };
    const accepted = await call('refund.create', { ...refund, amount, notify_url: scene.receiver.url });
    expect(accepted).toMatchObject({ ...refund, status: 'PROCESSING', channel: 'ORIGINAL' });

    await scene.simulator.clock.advance(60_000);
    const done = await call('refund.queryByOutRefundNo', { out_refund_no: 'JAVA_REFUND' });
    expect(done).toMatchObject({ ...refund, status: 'SUCCESS', success_time: expect.any(String) });
    const notified = await call('notification.parseRefund', scene.receiver.received.at(-1));
    expect(notified).toMatchObject({ ...refund, refund_status: 'SUCCESS' });

    const query = { mchid: scene.merchant.mchid, out_trade_no: 'JAVA_REFUNDED' };
    expect(await call('native.queryOrderByOutTradeNo', query)).toMatchObject({ trade_state: 'REFUND' });
  });

  it.each([{}, { tar_type: 'GZIP' }])(
    'downloads the bill of a day with %o and finds its hash right',
    async (packing) => {
      const dayBeforeYesterday = Date.now() - 2 * DAY_MS;
      await using scene = await openModeScene(mode, { clockStartMs: dayBeforeYesterday });
      await payOne(scene, 'JAVA_BILLED');
      await scene.simulator.clock.advance(Date.now() - scene.simulator.clock.now());

      const call = await javaSdk.open(config, scene);
      const bill_date = toBeijingTime(dayBeforeYesterday).slice(0, 10);
      const bill = await call('bill.getTradeBill', { bill_date, bill_type: 'ALL', ...packing });
      expect(bill).toEqual({ text: expect.stringContaining('`JAVA_BILLED,'), isHashRight: true });
    },
  );

  it('throws a ServiceException with status and code for a refused call', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    const query = { mchid: scene.merchant.mchid, out_trade_no: 'NEVER_WAS' };
    const answer = call('native.queryOrderByOutTradeNo', query);
    await expect(answer).rejects.toMatchObject({ type: 'ServiceException', status: 404, code: 'ORDER_NOT_EXIST' });
  });

  it('accepts the notification of a payment', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    await payOne(scene, 'JAVA_NOTIFIED');
    const transaction = await call('notification.parseTransaction', scene.receiver.received[0]);
    expect(transaction).toMatchObject({
      out_trade_no: 'JAVA_NOTIFIED',
      trade_state: 'SUCCESS',
      amount: { total: 100 },
    });
  });

  it.each([
    ['a changed body', 'ValidationException', { kind: 'tampered', part: 'body', attempts: 1 }],
    ['a changed signature', 'ValidationException', { kind: 'tampered', part: 'signature', attempts: 1 }],
    ['an unknown serial', 'ValidationException', { kind: 'unknown_serial', attempts: 1 }],
    ['the signature of a SIGNTEST', 'ValidationException', { kind: 'signtest', attempts: 1 }],
    ['a broken tag', 'DecryptionException', { kind: 'tampered', part: 'tag', attempts: 1 }],
    ['the seal of another APIv3 key', 'DecryptionException', { kind: 'wrong_key', attempts: 1 }],
    ['changed associated data', 'DecryptionException', { kind: 'tampered', part: 'aad', attempts: 1 }],
  ] as const)('refuses a notification with %s by a %s', async (_name, type, fault) => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    await payOne(scene, 'JAVA_FORGED', [fault]);
    const parse = call('notification.parseTransaction', scene.receiver.received[0]);
    await expect(parse).rejects.toMatchObject({ type });
  });

  it('accepts a notification that is too old: its age is for its caller to look at', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    await payOne(scene, 'JAVA_STALE', [{ kind: 'stale_timestamp', attempts: 1 }]);
    const [received] = scene.receiver.received;
    expect(Date.now() / 1000 - Number(received?.headers['wechatpay-timestamp'])).toBeGreaterThan(MAX_AGE_S);
    expect(await call('notification.parseTransaction', received)).toMatchObject({ out_trade_no: 'JAVA_STALE' });
  });

  it('accepts a notification of a wrong amount: to compare it with the order is for its caller', async () => {
    await using scene = await openModeScene(mode);
    const call = await javaSdk.open(config, scene);
    await payOne(scene, 'JAVA_WRONG', [{ kind: 'wrong_amount', attempts: 1 }]);
    const transaction = await call('notification.parseTransaction', scene.receiver.received[0]);
    expect(transaction).toMatchObject({ out_trade_no: 'JAVA_WRONG', amount: { total: 101 } });
  });
});

describe('the keys of the official Java SDK', () => {
  it('are the platform certificates, which RSAAutoCertificateConfig downloads when it is built', async () => {
    await using scene = await openModeScene('certificate');
    const call = await javaSdk.open('RSAAutoCertificateConfig', scene);
    const certificates = await call('certificate.downloadCertificate');
    expect(certificates).toMatchObject([{ serial: scene.merchant.platform.serial }]);
  });

  it('are both certificates while one replaces the other: it accepts what either signs', async () => {
    await using scene = await openScene(() => 204, { merchants: [{ mchid: ROLLING_MCHID }] });
    await callControl(scene.simulator.controlUrl, 'POST', `/merchants/${ROLLING_MCHID}/rotate`, { share: 0.5 });
    const call = await javaSdk.open('RSAAutoCertificateConfig', scene);
    expect(await call('certificate.downloadCertificate')).toHaveLength(2);

    expect((await acceptTwentyPayments(scene, call)).size).toBe(2);
  });

  it('cannot be downloaded for a public-key merchant: RSAAutoCertificateConfig fails with 404', async () => {
    // github.com/wechatpay-apiv3/wechatpay-java/issues/354
    await using scene = await openModeScene('public-key');
    const config = javaSdk.open('RSAAutoCertificateConfig', scene);
    await expect(config).rejects.toMatchObject({ type: 'ServiceException', status: 404, code: 'RESOURCE_NOT_EXISTS' });
  });

  it('are both kinds for a rotating merchant: RSACombinedNotificationConfig accepts either signature', async () => {
    await using scene = await openModeScene('rotating');
    const call = await javaSdk.open('RSACombinedNotificationConfig', scene);
    const { platform, publicKey } = scene.merchant;
    expect(await acceptTwentyPayments(scene, call)).toEqual(new Set([platform.serial, publicKey.id]));
  });
});

/** Pays twenty orders, lets the SDK accept their notifications, and tells by which keys they were signed. */
async function acceptTwentyPayments(scene: Scene, call: SdkClient): Promise<Set<unknown>> {
  for (let number = 1; number <= 20; number += 1) await payOne(scene, `JAVA_ROTATING_${number}`);
  for (const received of scene.receiver.received) {
    expect(await call('notification.parseTransaction', received)).toMatchObject({ trade_state: 'SUCCESS' });
  }
  return new Set(scene.receiver.received.map(({ headers }) => headers['wechatpay-serial']));
}

describe('an answer to the official Java SDK', () => {
  it.each([
    ['unsigned', 'IllegalArgumentException', { kind: 'unsigned' }],
    ['wrongly signed', 'ValidationException', { kind: 'wrongly_signed' }],
    ['signed with an unknown serial', 'ValidationException', { kind: 'unknown_serial' }],
    ['signed as a SIGNTEST', 'ValidationException', { kind: 'signtest' }],
    ['signed six minutes ago', 'IllegalArgumentException', { kind: 'clock_off', ms: -360_000 }],
  ] as const)('is refused when it is %s, by a %s', async (_name, type, fault) => {
    await using scene = await openModeScene('public-key');
    const call = await javaSdk.open('RSAPublicKeyConfig', scene);
    await payOne(scene, 'JAVA_ANSWERED');
    scene.simulator.addApiFault({ fault });
    const query = { mchid: scene.merchant.mchid, out_trade_no: 'JAVA_ANSWERED' };
    await expect(call('native.queryOrderByOutTradeNo', query)).rejects.toMatchObject({ type });
  });
});

describe('the process of the official Java SDK', () => {
  it('ends by itself, although RSAAutoCertificateConfig goes on updating certificates', async () => {
    expect(await javaSdk.end()).toBe(0);
  });
});
