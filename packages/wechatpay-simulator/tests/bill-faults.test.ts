import { describe, expect, it } from 'vitest';
import {
  apply,
  applyFor,
  call,
  DAY,
  happened,
  moveTo,
  NEXT_DAY,
  openBillScene,
  payOrderOf,
  readBill,
  refundOf,
  setBillFaults,
  sha1,
} from './bill-scene.ts';
import { callControl } from './control-client.ts';
import { expectedSummary, statedSummary } from './parse-bill.ts';
import type { Scene } from './simulated-merchant.ts';

async function tradeThree(scene: Scene): Promise<void> {
  for (const outTradeNo of ['TRADE_A', 'TRADE_B', 'TRADE_C']) payOrderOf(scene, outTradeNo, 100);
  await refundOf(scene, 'TRADE_C', 'REFUND_C', 40);
}

function numbers(bill: Awaited<ReturnType<typeof readBill>>): Array<string | undefined> {
  return bill.rows.map((row) => (row.交易状态 === 'REFUND' ? row.商户退款单号 : row.商户订单号));
}

describe('a bill with faults', () => {
  it('leaves out the lines named, adds up the others, and records what is missing', async () => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await setBillFaults(scene, { billDate: DAY, leaveOut: ['TRADE_B', 'REFUND_C'] });
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const bill = await readBill(scene, DAY);
    expect(numbers(bill)).toEqual(['TRADE_A', 'TRADE_C']);
    expect(statedSummary(bill)).toEqual(expectedSummary(bill));
    expect(await happened(scene)).toEqual([
      expect.objectContaining({ fault: 'bill_left_out', outTradeNo: 'TRADE_B', mchid: scene.merchant.mchid }),
      expect.objectContaining({ fault: 'bill_left_out', outTradeNo: 'TRADE_C', outRefundNo: 'REFUND_C' }),
    ]);
  });

  it('has amount, state and number altered, and records what they were', async () => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await setBillFaults(scene, {
      billDate: DAY,
      alter: [
        { number: 'TRADE_A', column: '订单金额', value: '1.01' },
        { number: 'TRADE_A', column: '应结订单金额', value: '1.01' },
        { number: 'TRADE_B', column: '商户订单号', value: 'TRADE_X' },
        { number: 'REFUND_C', column: '退款状态', value: 'FAIL' },
      ],
    });
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const bill = await readBill(scene, DAY);
    expect(bill.rows).toMatchObject([
      { 商户订单号: 'TRADE_A', 订单金额: '1.01', 应结订单金额: '1.01' },
      { 商户订单号: 'TRADE_X', 订单金额: '1.00' },
      { 商户订单号: 'TRADE_C', 订单金额: '1.00' },
      { 商户退款单号: 'REFUND_C', 退款状态: 'FAIL' },
    ]);
    expect(bill.summary.订单总金额).toBe('3.01');
    expect(await happened(scene)).toMatchObject([
      { outTradeNo: 'TRADE_A', detail: `${DAY}: 订单金额 1.00 became 1.01; 应结订单金额 1.00 became 1.01` },
      { outTradeNo: 'TRADE_B', detail: `${DAY}: 商户订单号 TRADE_B became TRADE_X` },
      { outTradeNo: 'TRADE_C', outRefundNo: 'REFUND_C', detail: `${DAY}: 退款状态 SUCCESS became FAIL` },
    ]);
  });

  it('shows payments and refunds that never were', async () => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await setBillFaults(scene, {
      billDate: DAY,
      add: [
        { outTradeNo: 'FOREIGN_1', total: 5_000, at: `${DAY}T23:00:00+08:00` },
        { outTradeNo: 'TRADE_A', total: 100, outRefundNo: 'FOREIGN_R', refund: 30 },
      ],
    });
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const bill = await readBill(scene, DAY);
    expect(bill.rows.slice(4)).toMatchObject([
      {
        商户订单号: 'FOREIGN_1',
        交易状态: 'SUCCESS',
        订单金额: '50.00',
        交易时间: `${DAY} 23:00:00`,
        商户退款单号: '0',
      },
      { 商户退款单号: 'FOREIGN_R', 交易状态: 'REFUND', 订单金额: '0.00', 申请退款金额: '0.30' },
    ]);
    expect(bill.rows[4]?.微信订单号).toMatch(/^42000\d{5}20260310\d{10}$/);
    expect(statedSummary(bill)).toEqual(expectedSummary(bill));
    expect(await happened(scene)).toMatchObject([
      { fault: 'bill_added', outTradeNo: 'FOREIGN_1' },
      { fault: 'bill_added', outTradeNo: 'TRADE_A', outRefundNo: 'FOREIGN_R' },
    ]);
  });

  it.each([
    [DAY, NEXT_DAY],
    [NEXT_DAY, DAY],
  ])('moves a line into the next day, whichever is asked for first (%s)', async (first, second) => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await setBillFaults(scene, { billDate: DAY, postpone: ['TRADE_B'] });
    await moveTo(scene, '2026-03-12 10:00:00');
    const bills = new Map([[first, await readBill(scene, first)]]).set(second, await readBill(scene, second));
    expect([...bills].sort().map(([, bill]) => numbers(bill))).toEqual([
      ['TRADE_A', 'TRADE_C', 'REFUND_C'],
      ['TRADE_B'],
    ]);
    expect(await happened(scene)).toMatchObject([{ fault: 'bill_postponed', outTradeNo: 'TRADE_B' }]);
  });

  it('comes late: STATEMENT_CREATING until the time given', async () => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await setBillFaults(scene, { billDate: DAY, lateUntil: `${NEXT_DAY}T14:00:00+08:00` });
    await moveTo(scene, `${NEXT_DAY} 13:59:59`);
    expect((await apply(scene, `bill_date=${DAY}`)).json.code).toBe('STATEMENT_CREATING');
    await moveTo(scene, `${NEXT_DAY} 14:00:00`);
    expect((await apply(scene, `bill_date=${DAY}`)).status).toBe(200);
    expect(await happened(scene)).toMatchObject([{ fault: 'bill_late' }]);
  });

  it('has a wrong hash as often as asked, then the right one', async () => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await setBillFaults(scene, { billDate: DAY, wrongHash: 2 });
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const isRight: boolean[] = [];
    for (let time = 0; time < 3; time += 1) {
      const { hash, path } = await applyFor(scene, `bill_date=${DAY}`);
      isRight.push(sha1((await call(scene, path)).bytes) === hash);
    }
    expect(isRight).toEqual([false, false, true]);
    expect((await happened(scene)).map(({ fault }) => fault)).toEqual(['bill_wrong_hash', 'bill_wrong_hash']);
  });

  it.each(['', '&tar_type=GZIP'])('is cut short as often as asked, then whole (%s)', async (tarType) => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await setBillFaults(scene, { billDate: DAY, cutShort: 1 });
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const { path } = await applyFor(scene, `bill_date=${DAY}${tarType}`);
    const cut = await call(scene, path);
    const whole = await call(scene, path);
    expect(cut).toMatchObject({ status: 200, bytes: whole.bytes.subarray(0, Math.floor(whole.bytes.length / 2)) });
    expect(await happened(scene)).toMatchObject([{ fault: 'bill_cut_short' }]);
  });
});

describe('faults of bills by rate', () => {
  const ORDERS = 2_000;
  const rates = { seed: 'rates', leaveOut: 0.05, alter: 0.05, add: 0.05, postpone: 0.05 };

  async function runDay() {
    await using scene = await openBillScene();
    await setBillFaults(scene, { rates });
    for (let index = 0; index < ORDERS; index += 1) payOrderOf(scene, `RATE_${index}`, 100 + index);
    for (let index = 0; index < 100; index += 1) await refundOf(scene, `RATE_${index}`, `R_RATE_${index}`, 50);
    await moveTo(scene, '2026-03-12 10:00:00');
    const bill = await readBill(scene, DAY);
    return { bill, next: await readBill(scene, NEXT_DAY), faults: await happened(scene) };
  }

  it('befall their share of the lines, and the records explain every difference', async () => {
    const { bill, next, faults } = await runDay();
    const numbersWith = (fault: string) =>
      faults.filter((record) => record.fault === fault).map((record) => record.outRefundNo ?? record.outTradeNo);
    for (const fault of ['bill_left_out', 'bill_altered', 'bill_added', 'bill_postponed']) {
      expect(numbersWith(fault).length).toBeGreaterThan(0.03 * ORDERS);
      expect(numbersWith(fault).length).toBeLessThan(0.07 * ORDERS);
    }
    expect(numbers(next)).toEqual(numbersWith('bill_postponed'));
    const missing = new Set([...numbersWith('bill_left_out'), ...numbersWith('bill_postponed')]);
    const spoilt = new Set([...numbersWith('bill_altered'), ...numbersWith('bill_added')]);
    const trueNumbers = [
      ...Array.from({ length: ORDERS }, (_, index) => `RATE_${index}`),
      ...Array.from({ length: 100 }, (_, index) => `R_RATE_${index}`),
    ].filter((number) => !missing.has(number));
    expect(bill.rows).toHaveLength(trueNumbers.length + numbersWith('bill_added').length);
    const untouched = bill.rows.filter((row) => !isExplained(row, spoilt));
    for (const row of untouched) {
      const isRefund = row.交易状态 === 'REFUND';
      const index = Number(row.商户订单号?.slice('RATE_'.length));
      expect(row).toMatchObject(
        isRefund
          ? { 商户退款单号: `R_RATE_${index}`, 申请退款金额: '0.50', 退款状态: 'SUCCESS' }
          : { 交易状态: 'SUCCESS', 订单金额: ((100 + index) / 100).toFixed(2) },
      );
    }
    expect(statedSummary(bill)).toEqual(expectedSummary(bill));
  });

  function isExplained(row: Readonly<Record<string, string>>, spoilt: ReadonlySet<string | undefined>): boolean {
    const number = row.交易状态 === 'REFUND' ? row.商户退款单号 : row.商户订单号;
    // A line whose own number was altered is found by its amount or by the order it belongs to.
    return [...spoilt].some((known) => known?.slice(0, -1) === number?.slice(0, -1));
  }

  it('fall out the same in two runs of the same seed', async () => {
    const [first, second] = [await runDay(), await runDay()];
    expect(second.faults).toEqual(first.faults);
    expect(second.bill).toEqual(first.bill);
  });
});

describe('setting the faults of bills', () => {
  it('is listed, day by day, and replaced by setting them again', async () => {
    await using scene = await openBillScene();
    await setBillFaults(scene, { billDate: DAY, wrongHash: 1 });
    await setBillFaults(scene, { billDate: DAY, cutShort: 1 });
    await setBillFaults(scene, { rates: { seed: 's', add: 0.1 } });
    const { json } = await callControl(scene.simulator.controlUrl, 'GET', '/faults/bills');
    expect(json.bills).toMatchObject([{ billDate: DAY, cutShort: 1 }, { rates: { seed: 's', add: 0.1 } }]);
    expect(json.bills[0]).not.toHaveProperty('wrongHash');
  });

  it('is refused once the bill has been asked for', async () => {
    await using scene = await openBillScene();
    await tradeThree(scene);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    await readBill(scene, DAY);
    const answer = await setBillFaults(scene, { billDate: DAY, leaveOut: ['TRADE_A'] });
    expect(answer).toMatchObject({ status: 409, json: { error: expect.stringContaining(DAY) } });
  });

  it.each([
    [{ billDate: '2026-02-30' }, 'billDate'],
    [{ leaveOut: 'TRADE_A' }, 'leaveOut'],
    [{ alter: [{ number: 'TRADE_A', column: 'amount', value: '1.00' }] }, 'alter.0.column'],
    [{ alter: [{ number: 'TRADE_A', column: '订单金额', value: '1.001' }] }, 'alter.0.value'],
    [{ alter: [{ number: 'TRADE_A', column: '商品名称', value: 'a,b' }] }, 'alter.0.value'],
    [{ add: [{ outTradeNo: 'FOREIGN_1', total: 1 }] }, 'billDate'],
    [{ billDate: DAY, add: [{ outTradeNo: 'FOREIGN_1', total: 1, refund: 1 }] }, 'add.0.outRefundNo'],
    [{ rates: { seed: 's', leaveOut: 0.6, alter: 0.6 } }, 'rates'],
    [{ wrongHash: true }, 'wrongHash'],
    [{ shorten: 1 }, 'shorten'],
  ])('is refused for %j in one sentence that names the field', async (faults, field) => {
    await using scene = await openBillScene();
    const answer = await setBillFaults(scene, faults);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain(field);
    expect(answer.json.error).toMatch(/^[^\n]+\.$/);
  });

  it('names no merchant when there are several: 404', async () => {
    await using scene = await openBillScene({ merchants: [{ mchid: '1900000001' }, { mchid: '1900000002' }] });
    expect((await setBillFaults(scene, { wrongHash: 1 })).status).toBe(404);
    expect((await setBillFaults(scene, { wrongHash: 1, mchid: '1900000002' })).status).toBe(200);
  });
});
