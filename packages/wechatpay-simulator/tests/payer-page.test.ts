import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DESKTOP, findBrowser, keepScreenshot, NO_BROWSER, PHONE, TestBrowser } from './browser.ts';
import { callApi, prepayBody } from './merchant-client.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

const program = await findBrowser();
let browser: TestBrowser;

beforeAll(async () => {
  if (program === undefined) console.warn(NO_BROWSER);
  else browser = await TestBrowser.start(program);
});
beforeEach((context) => {
  if (program === undefined) context.skip(NO_BROWSER);
});
afterEach(async () => {
  await browser?.closePages();
});
afterAll(async () => {
  await browser?.close();
});

/** A merchant's signed prepay call; the URL or handle that it answers. */
async function prepay(scene: Scene, kind: 'h5' | 'native', outTradeNo: string, answerField: string): Promise<string> {
  const scene_info = { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } };
  const body = { ...prepayBody(scene.merchant, outTradeNo, scene.receiver.url), scene_info };
  const options = { body, nowMs: scene.simulator.clock.now() };
  const answer = await callApi(scene.simulator.apiUrl, `/v3/pay/transactions/${kind}`, scene.merchant, options);
  return String(answer.json[answerField]);
}

describe("the payer's page", () => {
  it('pays through the h5_url of a signed prepay, and leads back to the merchant', async () => {
    await using scene = await openScene(() => 204);
    const h5Url = await prepay(scene, 'h5', 'H5_PAID_1', 'h5_url');
    const page = await browser.open(
      `${h5Url}&redirect_url=${encodeURIComponent('https://shop.example/thanks')}`,
      PHONE,
    );
    await page.getByText('¥1.00', { exact: true }).waitFor();
    await page.getByText('充值 100 积分').waitFor();
    await page.getByText(`To merchant ${scene.merchant.mchid}`).waitFor();
    await keepScreenshot(page, 'payer-h5-phone');

    await page.getByRole('button', { name: 'Pay ¥1.00' }).click();
    await page.getByText('Payment successful').waitFor();
    await keepScreenshot(page, 'payer-paid-phone');
    expect(await page.getByRole('link', { name: 'Back to the merchant' }).getAttribute('href')).toBe(
      'https://shop.example/thanks',
    );
    await scene.simulator.idle();
    expect(scene.receiver.received).toHaveLength(1);
    expect(browser.complaints).toEqual([]);
    await browser.closePages();
  });

  it('pays nothing when the payer cancels', async () => {
    await using scene = await openScene();
    const page = await browser.open(await prepay(scene, 'h5', 'H5_CANCEL', 'h5_url'), PHONE);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Payment cancelled').waitFor();
    expect(scene.simulator.findOrder(scene.merchant.mchid, 'H5_CANCEL')?.payment).toBeUndefined();
    await page.getByRole('button', { name: 'Pay after all' }).click();
    await page.getByRole('button', { name: 'Pay ¥1.00' }).waitFor();
    await browser.closePages();
  });

  it('says that an order is paid, closed or expired, and that a link has run out', async () => {
    await using scene = await openScene();
    const { apiUrl, clock } = scene.simulator;
    const h5Url = await prepay(scene, 'h5', 'H5_CLOSED', 'h5_url');
    const page = await browser.open(h5Url, { ...PHONE, locale: 'zh-CN' });
    await page.getByRole('button', { name: '支付 ¥1.00' }).waitFor();
    const close = '/v3/pay/transactions/out-trade-no/H5_CLOSED/close';
    const body = { mchid: scene.merchant.mchid };
    await callApi(apiUrl, close, scene.merchant, { method: 'POST', body, nowMs: clock.now() });
    await page.getByText('订单已关闭').waitFor();
    // The five minutes of an h5_url (facts §3.3).
    await clock.advance(5 * 60_000);
    await page.reload();
    await page.getByText('链接无效').waitFor();
    await keepScreenshot(page, 'payer-invalid-phone-zh');
    browser.complaints.length = 0;

    const expiresAtMs = clock.now() + 60_000;
    scene.simulator.createOrder({ outTradeNo: 'EXPIRES_1', total: 1, tradeType: 'JSAPI', expiresAtMs });
    const handle = scene.simulator.findOrder(scene.merchant.mchid, 'EXPIRES_1')?.prepayHandle;
    await clock.advance(60_000);
    await page.goto(`${apiUrl}/pay/h5?prepay_id=${handle}`);
    await page.getByText('订单已过期').waitFor();
    await browser.closePages();
  });

  it('shows the code of a native order to scan, and sees the payment', async () => {
    await using scene = await openScene(() => 204, { host: '0.0.0.0' });
    const codeUrl = await prepay(scene, 'native', 'SCANNED_1', 'code_url');
    const { port } = new URL(scene.simulator.apiUrl);
    const local = `http://127.0.0.1:${port}`;
    const code = await browser.open(`${local}/pay/code?code_url=${encodeURIComponent(codeUrl)}`, DESKTOP);
    await code.getByAltText(`QR code of ${codeUrl}`).waitFor();
    await code.getByText(codeUrl, { exact: true }).waitFor();
    await keepScreenshot(code, 'payer-code-desktop');

    const href = await code.getByRole('link', { name: 'Pay in this browser' }).getAttribute('href');
    const payer = await browser.open(local + href, PHONE);
    await payer.getByRole('button', { name: 'Pay ¥1.00' }).click();
    await payer.getByText('Payment successful').waitFor();
    await code.getByText('Paid', { exact: true }).waitFor();
    expect(browser.complaints).toEqual([]);
    await browser.closePages();
  });
});

describe("the calls behind the payer's page", () => {
  it('refuse a second payment, and know no order but by its handle', async () => {
    await using scene = await openScene();
    scene.simulator.createOrder({ outTradeNo: 'BY_HANDLE_1', total: 1 });
    const handle = scene.simulator.findOrder(scene.merchant.mchid, 'BY_HANDLE_1')?.prepayHandle;
    const pay = async (body: object) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      const answer = await fetch(`${scene.simulator.apiUrl}/pay/order`, init);
      return [answer.status, await answer.json()];
    };
    expect(await pay({ handle })).toEqual([200, expect.objectContaining({ state: 'paid', total: 1 })]);
    expect(await pay({ handle })).toEqual([409, { error: expect.stringContaining('paid already') }]);
    expect(await pay({ handle: 'BY_HANDLE_1' })).toEqual([404, { error: expect.stringMatching(/^[^\n]+\.$/) }]);
    expect(await pay({})).toEqual([400, { error: expect.stringContaining('handle') }]);
  });

  it('give pages a policy that runs only what the server itself sends', async () => {
    await using scene = await openScene();
    for (const path of ['/', '/pay/h5', '/pay/code', '/web/operator.js', '/pay/qr.svg?text=a']) {
      const answer = await fetch(scene.simulator.apiUrl + path);
      const policy = answer.headers.get('content-security-policy');
      expect([path, answer.status, policy]).toEqual([path, 200, expect.stringContaining("script-src 'self';")]);
      expect(policy).not.toContain('unsafe');
    }
  });

  it('take nothing from pages of other sites', async () => {
    await using scene = await openScene();
    const init = { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } };
    const answer = await fetch(`${scene.simulator.controlUrl}/reset`, init);
    expect([answer.status, await answer.json()]).toEqual([403, { error: expect.stringContaining('another site') }]);
  });
});
