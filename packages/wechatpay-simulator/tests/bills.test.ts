import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deriveBytes, toFraction } from '../src/seeded-bytes.ts';
import {
  apply,
  applyFor,
  beijing,
  call,
  DAY,
  moveTo,
  NEXT_DAY,
  openBillScene,
  payOrderOf,
  readBill,
  refundOf,
  sha1,
} from './bill-scene.ts';
import { callControl } from './control-client.ts';
import { expectedSummary, hundredthsOf, parseBill, parseBillText, statedSummary } from './parse-bill.ts';
import type { Scene } from './simulated-merchant.ts';

// Facts of bills: pages 4013071227, 4012084430 and format-trade.html; samples of the official PHP SDK and of WxJava.

const MINUTE_MS = 60_000;

function vector(name: string): Buffer {
  return readFileSync(new URL(`vectors/${name}`, import.meta.url));
}
const sample = { bytes: vector('bill.ALL.csv'), expect: JSON.parse(vector('bill.ALL.expect.json').toString('utf8')) };
const wxjava: Array<{ layout: string; text: string }> = JSON.parse(vector('bill.wxjava.json').toString('utf8')).bills;

function wxjavaSample(layout: string) {
  const found = wxjava.find((bill) => bill.layout.startsWith(layout));
  if (found === undefined) throw new Error(`no sample ${layout}`);
  return parseBillText(found.text, '\n');
}

describe('the samples of real bills, read by the parser that reads ours', () => {
  it('have the columns, rows and sums that were found in them', () => {
    const bill = parseBill(sample.bytes);
    expect(sha1(sample.bytes)).toBe(sample.expect.sha1);
    expect(bill.columns).toEqual(sample.expect.columns);
    expect(bill.rows).toHaveLength(sample.expect.rows);
    expect(statedSummary(bill)).toEqual(expectedSummary(bill));
  });
});

describe('a bill', () => {
  it.each([
    ['ALL', 27],
    ['SUCCESS', 20],
    ['REFUND', 29],
  ])('of type %s has the columns of the sample, %i of them, and its summary', async (type, count) => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'COLUMNS_1', 600);
    await refundOf(scene, 'COLUMNS_1', 'R1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const bill = await readBill(scene, DAY, type);
    expect(bill.columns).toEqual(wxjavaSample(type).columns);
    expect(bill.columns).toHaveLength(count);
    expect(bill.summaryColumns).toEqual(wxjavaSample(type).summaryColumns);
    expect(bill.rows).toHaveLength(type === 'ALL' ? 2 : 1);
    expect(statedSummary(bill)).toEqual(expectedSummary(bill));
  });

  it('shows a payment as the sample of WxJava shows its own: 6.00 yuan, fee 0.04 at 0.60 %', async () => {
    await using scene = await openBillScene();
    const transactionId = payOrderOf(scene, 'PAYMENT_1', 600, {
      description: '充值',
      attach: 'user-7',
      openid: 'oPayer',
    });
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const [row] = (await readBill(scene, DAY)).rows;
    expect(row).toEqual({
      ...wxjavaSample('ALL').rows[0],
      交易时间: `${DAY} 12:00:00`,
      公众账号ID: scene.merchant.appid,
      商户号: scene.merchant.mchid,
      微信订单号: transactionId,
      商户订单号: 'PAYMENT_1',
      用户标识: 'oPayer',
      交易类型: 'NATIVE',
      付款银行: 'OTHERS',
      商品名称: '充值',
      商户数据包: 'user-7',
    });
  });

  it('shows a refund as the sample does: order amount 0.00, what was asked for, both of its times', async () => {
    await using scene = await openBillScene();
    const transactionId = payOrderOf(scene, 'REFUNDED_1', 200, { description: 'xxxx', attach: 'xxxx' });
    const { refundId } = await refundOf(scene, 'REFUNDED_1', 'R1', 1);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const [row] = (await readBill(scene, DAY, 'REFUND')).rows;
    expect(row).toEqual({
      ...wxjavaSample('REFUND').rows[0],
      交易时间: `${DAY} 12:00:00`,
      公众账号ID: scene.merchant.appid,
      商户号: scene.merchant.mchid,
      特约商户号: '0',
      微信订单号: transactionId,
      商户订单号: 'REFUNDED_1',
      用户标识: expect.stringMatching(/^o\w{27}$/),
      交易类型: 'NATIVE',
      付款银行: 'OTHERS',
      退款申请时间: `${DAY} 12:00:00`,
      退款成功时间: `${DAY} 12:00:03`,
      微信退款单号: refundId,
      商户退款单号: 'R1',
    });
  });

  it('gives fees in whole fen with five decimals, and negative ones for refunds', async () => {
    await using scene = await openBillScene();
    // 7.79000 of 1299.02 is a published summary; 0.00000 of 0.01 stands in most samples.
    payOrderOf(scene, 'FEE_LARGE', 129_902);
    payOrderOf(scene, 'FEE_NONE', 1);
    await refundOf(scene, 'FEE_LARGE', 'R1', 129_902);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const bill = await readBill(scene, DAY);
    expect(bill.rows.map((row) => row.手续费)).toEqual(['7.79000', '0.00000', '-7.79000']);
    expect(bill.summary.手续费总金额).toBe('0.00000');
  });

  it("keeps apart what was ordered and what is settled when a coupon of the merchant's paid a part", async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'COUPON_1', 1_000, { coupon: 400 });
    await refundOf(scene, 'COUPON_1', 'R1', 500);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const bill = await readBill(scene, DAY);
    expect(bill.rows).toMatchObject([
      { 订单金额: '10.00', 应结订单金额: '6.00', 代金券金额: '4.00', 手续费: '0.04000' },
      { 申请退款金额: '5.00', 退款金额: '3.00', 充值券退款金额: '0.00', 手续费: '-0.02000', 订单金额: '0.00' },
    ]);
    expect(statedSummary(bill)).toEqual(expectedSummary(bill));
  });

  it('tells how a refund stood when the bill was first asked for, and is not brought up to date', async () => {
    await using scene = await openBillScene();
    const { controlUrl } = scene.simulator;
    const settle = (number: string, status: string) =>
      callControl(controlUrl, 'POST', `/refunds/${number}/settle`, { status });
    for (const state of ['SUCCESS', 'ABNORMAL', 'CLOSED']) {
      payOrderOf(scene, `STANDS_${state}`, 100);
      await refundOf(scene, `STANDS_${state}`, `R_${state}`, 100);
      await settle(`R_${state}`, state);
    }
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const before = await readBill(scene, DAY, 'REFUND');
    expect(before.rows.map((row) => row.退款状态)).toEqual(['SUCCESS', 'CHANGE', 'FAIL']);
    expect(before.rows.map((row) => row.退款成功时间)).toEqual([`${DAY} 12:00:00`, '', '']);
    await settle('R_ABNORMAL', 'SUCCESS');
    expect(await readBill(scene, DAY, 'REFUND')).toEqual(before);
  });

  it('tells of a refund that is still under way that it is PROCESSING', async () => {
    await using scene = await openBillScene();
    const slow = { kind: 'refund_slow', ms: 2 * 24 * 60 * MINUTE_MS };
    payOrderOf(scene, 'STILL_GOING', 100);
    await callControl(scene.simulator.controlUrl, 'POST', '/faults/STILL_GOING', { faults: [slow] });
    await refundOf(scene, 'STILL_GOING', 'R1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const [row] = (await readBill(scene, DAY, 'REFUND')).rows;
    expect(row).toMatchObject({ 退款状态: 'PROCESSING', 退款成功时间: '' });
  });

  it('keeps commas and line breaks of the merchant out of its format', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'ESCAPED_1', 100, { description: '一,二\n三', attach: '{"user":7,"level":2}\r\n' });
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const [row] = (await readBill(scene, DAY)).rows;
    expect(row).toMatchObject({ 商品名称: '一\\ 二\\n三', 商户数据包: '{"user":7\\ "level":2}\\n' });
  });

  it('takes payments by their success and refunds by their application, in days of Beijing', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'LAST_SECOND', 100, { successTimeMs: beijing(`${DAY} 23:59:59`) });
    payOrderOf(scene, 'NEXT_SECOND', 100, { successTimeMs: beijing(`${NEXT_DAY} 00:00:00`) });
    payOrderOf(scene, 'FIRST_SECOND', 100, { successTimeMs: beijing(`${DAY} 00:00:00`) });
    payOrderOf(scene, 'DAY_BEFORE', 100, { successTimeMs: beijing(`${DAY} 00:00:00`) - 1 });
    await moveTo(scene, `${DAY} 23:59:58`);
    await refundOf(scene, 'LAST_SECOND', 'R_THIS_DAY', 100);
    await moveTo(scene, `${NEXT_DAY} 00:00:00`);
    await refundOf(scene, 'FIRST_SECOND', 'R_NEXT_DAY', 100);
    await moveTo(scene, '2026-03-12 10:00:00');
    const numbersOf = async (date: string) =>
      (await readBill(scene, date)).rows.map((row) => (row.交易状态 === 'REFUND' ? row.商户退款单号 : row.商户订单号));
    expect(await numbersOf(DAY)).toEqual(['LAST_SECOND', 'FIRST_SECOND', 'R_THIS_DAY']);
    expect(await numbersOf(NEXT_DAY)).toEqual(['NEXT_SECOND', 'R_NEXT_DAY']);
  });

  it('never changes: a payment backdated into its day is in no bill', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'IN_TIME_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const before = await applyFor(scene, `bill_date=${DAY}`);
    payOrderOf(scene, 'TOO_LATE_1', 100, { successTimeMs: beijing(`${DAY} 13:00:00`) });
    expect((await applyFor(scene, `bill_date=${DAY}`)).hash).toBe(before.hash);
    expect((await readBill(scene, DAY, 'SUCCESS')).rows).toHaveLength(1);
  });

  it('stays the same when other bills have pushed its file out of memory', async () => {
    await using scene = await openBillScene();
    const days = Array.from({ length: 8 }, (_, index) => `2026-03-0${index + 1}`);
    for (const [index, date] of days.entries()) {
      payOrderOf(scene, `PUSHED_${index}`, 100 + index, { successTimeMs: beijing(`${date} 08:00:00`) });
    }
    const hashes = new Map<string, string>();
    for (const date of days) hashes.set(date, (await applyFor(scene, `bill_date=${date}`)).hash);
    for (const date of days) expect((await applyFor(scene, `bill_date=${date}`)).hash).toBe(hashes.get(date));
  });

  it("holds one merchant's trades only", async () => {
    await using scene = await openBillScene({ merchants: [{ mchid: '1900000001' }, { mchid: '1900000002' }] });
    payOrderOf(scene, 'MINE_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    expect(await apply(scene, `bill_date=${DAY}`, scene.simulator.merchants[1])).toMatchObject({
      status: 400,
      json: { code: 'NO_STATEMENT_EXIST' },
    });
  });
});

describe('random days', () => {
  const SEEDS = Array.from({ length: 12 }, (_, index) => `day-${index}`);
  const ORDERS = 40;
  const HOUR_MS = 3_600_000;

  /** Orders and part refunds over about three days, all drawn from the seed. */
  async function trade(scene: Scene, seed: string): Promise<void> {
    for (let index = 0; index < ORDERS; index += 1) {
      const bytes = deriveBytes(seed, String(index));
      const total = 1 + Math.floor(toFraction(bytes) ** 4 * 10_000_000);
      const outTradeNo = `RANDOM_${index}`;
      payOrderOf(scene, outTradeNo, total, { description: `第 ${index},号` });
      const refunds = total < 3 ? 0 : Math.floor(toFraction(bytes, 4) * 4);
      for (let part = 0; part < refunds; part += 1) {
        await refundOf(scene, outTradeNo, `R_${index}_${part}`, Math.ceil(total / 3 / (part + 1)));
        await scene.simulator.clock.advance(MINUTE_MS);
      }
      await scene.simulator.clock.advance(Math.floor(toFraction(bytes, 8) * 4 * HOUR_MS));
    }
  }

  it.each(SEEDS)('of the seed %s add up to what was paid and refunded, each trade once', async (seed) => {
    await using scene = await openBillScene();
    await trade(scene, seed);
    const endMs = scene.simulator.clock.now() + 2 * 24 * HOUR_MS;
    await scene.simulator.clock.advance(endMs - scene.simulator.clock.now());

    const sums = { order: 0n, refund: 0n, rows: 0 };
    for (let dayMs = beijing(`${DAY} 00:00:00`); dayMs < endMs - 24 * HOUR_MS; dayMs += 24 * HOUR_MS) {
      const date = new Date(dayMs + 8 * HOUR_MS).toISOString().slice(0, 10);
      if ((await apply(scene, `bill_date=${date}`)).status !== 200) continue;
      const bill = await readBill(scene, date);
      expect(statedSummary(bill)).toEqual(expectedSummary(bill));
      expect(new Set(bill.rows.map((row) => row.交易时间?.slice(0, 10)))).toEqual(new Set([date]));
      sums.order += hundredthsOf(bill.summary.订单总金额 ?? '');
      sums.refund += hundredthsOf(bill.summary.申请退款总金额 ?? '');
      sums.rows += bill.rows.length;
    }

    const orders = Array.from({ length: ORDERS }, (_, index) =>
      scene.simulator.findOrder(scene.merchant.mchid, `RANDOM_${index}`),
    );
    const refunds = orders.flatMap((order) => order?.refunds ?? []);
    expect(sums).toEqual({
      order: BigInt(orders.reduce((sum, order) => sum + (order?.terms.total ?? 0), 0)),
      refund: BigInt(refunds.reduce((sum, refund) => sum + refund.terms.refund, 0)),
      rows: orders.length + refunds.length,
    });
  });
});

describe('a bill of 100,000 payments', () => {
  it('is there within a few seconds, and right', { timeout: 60_000 }, async () => {
    const LINES = 100_000;
    await using scene = await openBillScene();
    for (let index = 0; index < LINES; index += 1) payOrderOf(scene, `LARGE_${index}`, 100 + (index % 900));
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const startedMs = performance.now();
    const { hash, path } = await applyFor(scene, `bill_date=${DAY}&tar_type=GZIP`);
    const { bytes } = await call(scene, path);
    // Half a second is usual; the limit leaves room for a busy machine, not for quadratic time.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    const file = gunzipSync(bytes);
    expect(sha1(file)).toBe(hash);
    const bill = parseBill(file);
    expect(bill.rows).toHaveLength(LINES);
    expect(statedSummary(bill)).toEqual(expectedSummary(bill));
  });
});
