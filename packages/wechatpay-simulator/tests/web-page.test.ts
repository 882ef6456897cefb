import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { faultRatesSchema } from '../src/faults/draw-fault.ts';
import { DESKTOP, findBrowser, keepScreenshot, NO_BROWSER, PHONE, TestBrowser } from './browser.ts';
import { callControl } from './control-client.ts';
import { isOpenable, isSignatureRight } from './open-notification.ts';
import type { Received } from './receiver.ts';
import { openScene, payOne, type Scene } from './simulated-merchant.ts';

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

function orderRow(page: Page, outTradeNo: string) {
  return page.locator(`.order-table tr[data-order="${outTradeNo}"]`);
}

async function createByForm(page: Page, outTradeNo: string, fault?: string): Promise<void> {
  await page.getByRole('button', { name: 'New order' }).click();
  await page.getByLabel('Order number').fill(outTradeNo);
  await page.getByLabel('Amount (yuan)').fill('12.34');
  if (fault !== undefined) await page.getByLabel('Fault of this order').selectOption(fault);
  await page.getByRole('button', { name: 'Create order' }).click();
  await orderRow(page, outTradeNo).waitFor();
}

function timeline(page: Page) {
  return page.locator('.timeline');
}

/** What a screen reader or a keyboard would stumble over, by axe-core. */
async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const found: unknown = await page.evaluate(
    "axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))",
  );
  return found as string[];
}

async function overflow(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

describe("the operator's page", () => {
  it('creates an order, pays it by a click, and shows what its receiver answered', async () => {
    await using scene = await openScene(() => 204);
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await page.getByText('No orders yet.').waitFor();

    await createByForm(page, 'CLICKED_1');
    expect(await orderRow(page, 'CLICKED_1').textContent()).toMatch(/¥12\.34\s+Unpaid/);
    expect(scene.simulator.findOrder(scene.merchant.mchid, 'CLICKED_1')?.terms.total).toBe(1_234);

    await page.getByRole('button', { name: 'Pay CLICKED_1' }).click();
    await orderRow(page, 'CLICKED_1').getByText('delivered').waitFor();
    await orderRow(page, 'CLICKED_1')
      .getByText(/^204 in <?\d+ ms$/)
      .waitFor();
    expect(scene.receiver.received).toHaveLength(1);
    await page.locator('tr[data-callback="CLICKED_1"]').getByText('#1').waitFor();
    expect(browser.complaints).toEqual([]);
    await browser.closePages();
  });

  it('shows the newest order first, and finds one by a part of its number', async () => {
    await using scene = await openScene();
    for (let number = 1; number <= 40; number += 1) {
      scene.simulator.createOrder({ outTradeNo: `LISTED_${number}_`, total: 1 });
    }
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await orderRow(page, 'LISTED_40_').waitFor();
    const rows = page.locator('.order-table tbody tr');
    expect([await rows.first().getAttribute('data-order'), await rows.count()]).toEqual(['LISTED_40_', 30]);

    await page.getByRole('button', { name: 'Older' }).click();
    await orderRow(page, 'LISTED_1_').waitFor();
    await page.getByLabel('Search by number').fill('D_33');
    await orderRow(page, 'LISTED_33_').waitFor();
    expect(await rows.count()).toBe(1);
    await browser.closePages();
  });

  it('tells when a refused callback comes again, and sends it when the clock is advanced', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 500 : 204));
    await payOne(scene, 'REFUSED_1');
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await orderRow(page, 'REFUSED_1').getByText('retry in 15 s').waitFor();
    await orderRow(page, 'REFUSED_1')
      .getByText(/^500 in <?\d+ ms$/)
      .waitFor();
    await page.getByRole('button', { name: 'REFUSED_1', exact: true }).click();
    await page
      .locator('.timeline .next')
      .getByText(/^Next attempt at .*, in 15 s$/)
      .waitFor();
    await keepScreenshot(page, 'operator-retry-desktop');

    await page.getByRole('button', { name: '15 s' }).click();
    await orderRow(page, 'REFUSED_1').getByText('delivered').waitFor();
    expect(await page.locator('.timeline li').count()).toBe(3);
    expect(scene.receiver.received).toHaveLength(2);
    await browser.closePages();
  });

  it('gives the next order a fault, which is seen on its callback', async () => {
    await using scene = await openScene(() => 204);
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await createByForm(page, 'FAULTY_1', 'tampered_tag');
    await page.getByRole('button', { name: 'Pay FAULTY_1' }).click();
    await page.locator('tr[data-callback="FAULTY_1"]').getByText('GCM tag broken').waitFor();
    await browser.closePages();
  });

  it.each([
    ['tampered_tag', 'accepted a forgery'],
    ['stale_timestamp', 'accepted a forgery'],
    ['wrong_amount', 'accepted wrong content'],
  ])('shows no success when the receiver answers 204 to %s', async (fault, verdict) => {
    await using scene = await openScene(() => 204);
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await createByForm(page, 'FORGED_1', fault);
    await page.getByRole('button', { name: 'Pay FORGED_1' }).click();
    await page.getByRole('button', { name: 'FORGED_1', exact: true }).click();
    for (const place of [orderRow(page, 'FORGED_1'), page.locator('tr[data-callback="FORGED_1"]'), timeline(page)]) {
      await place.getByText(verdict).waitFor();
      await place
        .locator('.answer.bad')
        .getByText(/^204 in/)
        .waitFor();
      expect(await place.locator('.good, .callback-delivered').count()).toBe(0);
    }
    await browser.closePages();
  });

  it('shows faults of a bill that are set by number', async () => {
    await using scene = await openScene();
    await setBillFaults(scene);
    const page = await browser.open(`${scene.simulator.apiUrl}/#faults`, DESKTOP);
    await page.getByText('left out: SHOWN_2026_1, SHOWN_2026_2').waitFor();
    await page.getByText('altered: SHOWN_2026_3, 订单金额 = 1.00').waitFor();
    await browser.closePages();
  });

  it('switches faults by chance, rules for the API and an outage, and lists what has happened', async () => {
    await using scene = await openScene(() => 204);
    const page = await browser.open(`${scene.simulator.apiUrl}/#faults`, DESKTOP);
    await page.getByLabel('never sent (%)').fill('100');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('in force').waitFor();
    await payOne(scene, 'BY_CHANCE_1');
    const record = page.locator('tr[data-fault="lost"]');
    await record.getByText('BY_CHANCE_1').waitFor();

    await page.getByRole('combobox', { name: 'Fault', exact: true }).selectOption('error');
    await page.getByRole('combobox', { name: 'Error code' }).selectOption('SYSTEM_ERROR');
    await page.getByRole('button', { name: 'Add rule' }).click();
    await page.locator('.rules').getByText('SYSTEM_ERROR').waitFor();
    await page.getByRole('button', { name: 'Begin outage' }).click();
    await page.locator('.rules').getByText('now', { exact: true }).waitFor();
    const query = `/v3/pay/transactions/out-trade-no/BY_CHANCE_1?mchid=${scene.merchant.mchid}`;
    expect((await fetch(scene.simulator.apiUrl + query)).status).toBeGreaterThanOrEqual(400);
    await keepScreenshot(page, 'operator-faults-desktop');

    const deletions = page.getByRole('button', { name: 'Delete' });
    await deletions.first().click();
    await page.getByText('No rules.').waitFor();
    await deletions.first().click();
    await page.getByText('No outages.').waitFor();
    expect(browser.complaints).toEqual([]);
    await browser.closePages();
  });

  it("refunds a part, and shows the refund's end", async () => {
    await using scene = await openScene();
    await payOne(scene, 'REFUND_ME');
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await page.getByRole('button', { name: 'REFUND_ME', exact: true }).click();
    await page.getByLabel('Refund (yuan)').fill('0.40');
    await page.getByRole('button', { name: 'Refund', exact: true }).click();
    await page.locator('.refund').getByText('Processing').waitFor();
    await page.locator('.refund').getByRole('button', { name: 'Abnormal' }).click();
    await page.locator('.refund .pill').getByText('Abnormal').waitFor();
    expect(scene.simulator.findOrder(scene.merchant.mchid, 'REFUND_ME')?.refunds[0]?.terms.refund).toBe(40);
    await browser.closePages();
  });

  it('shows merchants with serials and keys, private keys folded', async () => {
    await using scene = await openScene();
    const page = await browser.open(`${scene.simulator.apiUrl}/#merchants`, DESKTOP);
    await page.getByText(scene.merchant.serialNo).waitFor();
    const privateKey = page.getByText('BEGIN PRIVATE KEY');
    expect(await privateKey.isVisible()).toBe(false);
    await page.getByText('Merchant’s private key').click();
    expect(await privateKey.isVisible()).toBe(true);
    await browser.closePages();
  });

  it("says what the simulator refuses, in the simulator's sentence", async () => {
    await using scene = await openScene();
    await payOne(scene, 'ALREADY_1');
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await page.getByRole('button', { name: 'New order' }).click();
    await page.getByLabel('Order number').fill('ALREADY_1');
    await page.getByRole('button', { name: 'Create order' }).click();
    await page.getByText('outTradeNo was used with other parameters or is paid; take a new one.').waitFor();
    browser.complaints.length = 0;
    await browser.closePages();
  });

  it('changes the speed of an accelerated clock', async () => {
    await using scene = await openScene(() => 204, { clock: 'accelerated', speed: 0 });
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await page.getByLabel('Speed').fill('600');
    await page.getByRole('button', { name: 'Set' }).click();
    await expect.poll(() => scene.simulator.clock.reading().speed).toBe(600);
    await browser.closePages();
  });

  it('says so when the simulator is gone, and keeps what it showed', async () => {
    const scene = await openScene();
    await payOne(scene, 'LAST_SEEN');
    const page = await browser.open(scene.simulator.apiUrl, DESKTOP);
    await orderRow(page, 'LAST_SEEN').waitFor();
    await scene[Symbol.asyncDispose]();
    await page.getByRole('alert').getByText('Connection lost.').waitFor();
    expect(await orderRow(page, 'LAST_SEEN').isVisible()).toBe(true);
    browser.complaints.length = 0;
  });

  it.each([
    ['desktop', DESKTOP],
    ['desktop-dark', { ...DESKTOP, colorScheme: 'dark' }],
    ['phone-zh', { ...PHONE, locale: 'zh-CN' }],
    ['phone-dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('fits the screen, and is free of barriers: %s', async (name, look) => {
    await using scene = await openBusyScene();
    const page = await browser.open(scene.simulator.apiUrl, look);
    await orderRow(page, 'SHOWN_2026_12').waitFor();
    await keepScreenshot(page, `operator-orders-${name}`);
    await page.getByRole('button', { name: 'SHOWN_2026_1', exact: true }).click();
    await page.locator('.timeline').first().waitFor();
    await keepScreenshot(page, `operator-order-${name}`);
    const barriers = [await overflow(page), ...(await findBarriers(page))];
    for (const section of ['faults', 'merchants']) {
      await page.evaluate(`location.hash = '${section}'`);
      await page.locator(section === 'faults' ? '.sliders >> nth=0' : '.merchant').waitFor();
      await keepScreenshot(page, `operator-${section}-${name}`);
      barriers.push(await overflow(page), ...(await findBarriers(page)));
    }
    expect(barriers).toEqual([0, 0, 0]);
    expect(browser.complaints).toEqual([]);
    await browser.closePages();
  });

  it('speaks the language of the browser, and another one when asked to', async () => {
    await using scene = await openScene();
    const page = await browser.open(scene.simulator.apiUrl, { ...DESKTOP, locale: 'zh-CN' });
    await page.getByText('还没有订单。').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('No orders yet.').waitFor();
    await page.reload();
    await page.getByText('No orders yet.').waitFor();
    await browser.closePages();
  });
});

/**
 * Orders of all kinds and states, as a screenshot wants them, and settings of all faults. What is answered depends on the
 * order alone, never on which callback comes first.
 */
async function openBusyScene(): Promise<Scene> {
  const scene: Scene = await openScene((received) => answerByPath(received, scene));
  const { simulator, receiver } = scene;
  const goods = ['会员充值 100 点', 'Team plan, one month', 'Gift card', '年度会员（优惠）'];
  const types = ['NATIVE', 'JSAPI', 'MWEB', 'APP'] as const;
  const paths = new Map([
    [4, '/failing'],
    [7, '/failing'],
    [9, '/trusting'],
  ]);
  for (let number = 1; number <= 12; number += 1) {
    const [description, tradeType] = [goods[number % 4], types[number % 4]];
    const notifyUrl = `${receiver.url}${paths.get(number) ?? ''}`;
    simulator.createOrder({
      outTradeNo: `SHOWN_2026_${number}`,
      total: number ** 5,
      description,
      tradeType,
      notifyUrl,
    });
  }
  simulator.pay({ outTradeNo: 'SHOWN_2026_1', faults: [{ kind: 'tampered', part: 'tag', attempts: 2 }] });
  simulator.pay({ outTradeNo: 'SHOWN_2026_2', faults: [{ kind: 'lost' }] });
  simulator.pay({ outTradeNo: 'SHOWN_2026_6', faults: [{ kind: 'wrong_amount', attempts: 1 }] });
  simulator.pay({ outTradeNo: 'SHOWN_2026_9', faults: [{ kind: 'wrong_key', attempts: 1 }] });
  for (const number of [3, 4, 7]) simulator.pay({ outTradeNo: `SHOWN_2026_${number}` });
  await simulator.clock.advance(20_000);
  await setAllFaults(scene);
  return scene;
}

/** A shop of three minds: it refuses all, believes all, or checks signature and seal, but not the amount. */
function answerByPath(received: Received, { merchant }: Scene): number {
  if (received.path.endsWith('/failing')) return 500;
  if (received.path.endsWith('/trusting')) return 204;
  return isSignatureRight(received, merchant) && isOpenable(received, merchant) ? 204 : 401;
}

async function setAllFaults(scene: Scene): Promise<void> {
  const { simulator } = scene;
  const rates = { lost: 0.05, doubled: 0.2, tampered_signature: 0.1, late_payment: 0.02, refund_slow: 0.3 };
  simulator.setFaultRates(faultRatesSchema.parse({ seed: 'friday', rates }));
  simulator.addApiFault({
    operations: ['prepay_native', 'close_order'],
    rate: 0.25,
    fault: { kind: 'slow', ms: 8_000 },
  });
  simulator.addApiFault({ times: 3, fault: { kind: 'error', code: 'SYSTEM_ERROR' } });
  const now = simulator.clock.now();
  simulator.addOutage({ fromMs: now, untilMs: now + 600_000, what: 'both', how: 'unavailable' });
  await setBillFaults(scene);
}

async function setBillFaults({ simulator }: Scene): Promise<void> {
  const { status } = await callControl(simulator.controlUrl, 'PUT', '/faults/bills', {
    leaveOut: ['SHOWN_2026_1', 'SHOWN_2026_2'],
    alter: [{ number: 'SHOWN_2026_3', column: '订单金额', value: '1.00' }],
  });
  expect(status).toBe(200);
}
