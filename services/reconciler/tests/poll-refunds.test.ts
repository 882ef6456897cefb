import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimRefunds } from '../src/poll/claim-refunds.ts';
import { HOUR, MINUTE, openPollWorld, type PollWorld, SECOND } from './poll-world.ts';

let world: PollWorld;
beforeAll(async () => {
  world = await openPollWorld();
});
afterAll(() => world.close());

/** A paid and credited order with a refund that is to be sent. */
async function addRequested(name: string, status = 'requested'): Promise<{ outTradeNo: string; outRefundNo: string }> {
  const outTradeNo = `REFUND_${name}`;
  const outRefundNo = `RF_${name}`;
  const orderId = await world.addOrder({ outTradeNo, age: MINUTE, amount: 500 });
  const paid = world.simulator.pay({ mchid: world.mchid, outTradeNo });
  if (paid.kind !== 'paid') throw new Error('the order is payable');
  const transactionId = world.simulator.findOrder(world.mchid, outTradeNo)?.payment?.transactionId;
  const now = utcText(world.clock.now());
  await world.pool.query('UPDATE payment_orders SET credited_at = ? WHERE id = ?', [now, orderId]);
  await world.pool.query(
    `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, transaction_id, reason, next_check_at,
                          created_at, updated_at) VALUES (?, ?, ?, 200, ?, ?, '重复支付', ?, ?, ?)`,
    [orderId, world.mchid, outRefundNo, status, transactionId, now, now, now],
  );
  return { outTradeNo, outRefundNo };
}

async function refundRow(outRefundNo: string) {
  const rows: {
    attempts: number;
    next_check_at: string | null;
    reported_at: string | null;
    lease_by: string | null;
  }[] = await world.pool.query(
    {
      sql: 'SELECT attempts, next_check_at, reported_at, lease_by FROM refunds WHERE out_refund_no = ?',
      dateStrings: true,
    },
    [outRefundNo],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('there is such a refund');
  return { ...row, dueIn: (fromUtcText(row.next_check_at) ?? 0) - world.clock.now() };
}

const refundsAtWechat = (outTradeNo: string) => world.simulator.findOrder(world.mchid, outTradeNo)?.refunds ?? [];
const told = (outTradeNo: string) => world.events('payment.refunded', outTradeNo).map(({ status }) => status);

describe('a requested refund', () => {
  it('is sent once, and asked about until it is final', async () => {
    const { outTradeNo, outRefundNo } = await addRequested('SENT_ONCE');
    world.simulator.setRefundFaults(outRefundNo, [{ kind: 'refund_slow', ms: 4 * MINUTE }]);
    await world.poll();
    expect(refundsAtWechat(outTradeNo)).toMatchObject([{ terms: { outRefundNo, refund: 200, total: 500 } }]);
    expect(told(outTradeNo)).toEqual(['PROCESSING']);
    const row = await refundRow(outRefundNo);
    expect(row).toMatchObject({ attempts: 1, lease_by: null });
    expect(row.dueIn).toBeGreaterThan(50 * SECOND);
    await world.clock.advance(61 * SECOND);
    await world.poll();
    await world.clock.advance(6 * MINUTE);
    await world.poll();
    expect(told(outTradeNo)).toEqual(['PROCESSING', 'PROCESSING', 'SUCCESS']);
    expect(refundsAtWechat(outTradeNo)).toHaveLength(1);
  });

  it('is one refund when the poll was killed between noting and sending it', async () => {
    const { outTradeNo, outRefundNo } = await addRequested('KILLED_BEFORE');
    const now = world.clock.now();
    await claimRefunds(world.pool, { mchid: world.mchid, dueBy: now, limit: 9, token: 'killed/1' }, now);
    await world.clock.advance(31 * SECOND);
    await world.poll();
    expect(refundsAtWechat(outTradeNo)).toHaveLength(1);
    expect((await refundRow(outRefundNo)).attempts).toBe(2);
  });

  it('is one refund when it was made and every answer was lost', async () => {
    const { outTradeNo } = await addRequested('ANSWER_LOST');
    const rule = world.simulator.addApiFault({
      fault: { kind: 'cut', sent: 'half_body' },
      operations: ['request_refund'],
    });
    await world.poll();
    expect(told(outTradeNo)).toEqual([]);
    world.simulator.removeApiFault(rule?.id ?? '');
    await world.clock.advance(61 * SECOND);
    await world.poll();
    expect(refundsAtWechat(outTradeNo)).toHaveLength(1);
    expect(told(outTradeNo)).toHaveLength(1);
  });

  it('waits half an hour while the account does not cover it, and nobody is told', async () => {
    const { outTradeNo, outRefundNo } = await addRequested('NOT_ENOUGH');
    const rule = world.simulator.addApiFault({
      fault: { kind: 'error', code: 'NOT_ENOUGH' },
      operations: ['request_refund'],
    });
    await world.poll();
    world.simulator.removeApiFault(rule?.id ?? '');
    expect((await refundRow(outRefundNo)).dueIn).toBeGreaterThan(29 * MINUTE);
    expect(world.events('payment.mismatch', outTradeNo)).toEqual([]);
    await world.clock.advance(31 * MINUTE);
    await world.poll();
    expect(refundsAtWechat(outTradeNo)).toHaveLength(1);
  });

  it('that WeChat Pay refuses is told to a person once, and tried again every six hours', async () => {
    const { outTradeNo, outRefundNo } = await addRequested('REFUSED');
    const rule = world.simulator.addApiFault({
      fault: { kind: 'error', code: 'RULE_LIMIT' },
      operations: ['request_refund'],
    });
    await world.poll();
    const row = await refundRow(outRefundNo);
    expect(row.reported_at).not.toBeNull();
    expect(row.dueIn).toBeGreaterThan(5 * HOUR);
    await world.clock.advance(6 * HOUR + SECOND);
    await world.poll();
    world.simulator.removeApiFault(rule?.id ?? '');
    expect(world.events('payment.mismatch', outTradeNo)).toMatchObject([
      {
        kind: 'refund_mismatch',
        state: 'open',
        wechat_status: 'RULE_LIMIT',
        refund_id: outRefundNo,
        system_amount: 200,
      },
    ]);
  });
});

describe('a refund that WeChat Pay itself told of', () => {
  it('is never sent, even where its number cannot be found', async () => {
    const { outTradeNo } = await addRequested('BY_HAND', 'PROCESSING');
    await world.poll();
    expect(refundsAtWechat(outTradeNo)).toEqual([]);
    expect(world.events('payment.mismatch', outTradeNo)).toMatchObject([
      { kind: 'refund_mismatch', wechat_status: 'NOT_EXIST' },
    ]);
  });
});

describe('refunds that WeChat Pay does not let this merchant make', () => {
  it('do not keep anybody from asking about orders', async () => {
    for (let n = 0; n < 20; n += 1) await addRequested(`NOT_ALLOWED_${n}`);
    const rule = world.simulator.addApiFault({
      operations: ['request_refund'],
      fault: { kind: 'error', code: 'NO_AUTH' },
      mchid: world.mchid,
    });
    const outTradeNo = 'BESIDE_REFUNDS';
    await world.addOrder({ outTradeNo, age: MINUTE, amount: 500 });
    world.simulator.pay({ mchid: world.mchid, outTradeNo });
    await world.poll();
    world.simulator.removeApiFault(rule?.id ?? '');
    expect(world.events('payment.confirmed', outTradeNo)).toHaveLength(1);
  });
});
