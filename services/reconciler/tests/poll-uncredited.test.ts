import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, openPollWorld, type PollWorld, SECOND } from './poll-world.ts';

let world: PollWorld;
beforeAll(async () => {
  world = await openPollWorld();
});
afterAll(() => world.close());

async function addPaid(outTradeNo: string): Promise<number> {
  const id = await world.addOrder({ outTradeNo, age: 10 * SECOND, amount: 880 });
  world.simulator.pay({ mchid: world.mchid, outTradeNo });
  return id;
}

const mismatches = (outTradeNo: string) => world.events('payment.mismatch', outTradeNo);

describe('a payment that is published and not credited', () => {
  it('is told as paid_not_recorded once, after a minute, and asked about on', async () => {
    const id = await addPaid('UNCREDITED_01');
    await world.poll();
    await world.clock.advance(50 * SECOND);
    await world.poll();
    expect(mismatches('UNCREDITED_01')).toEqual([]);
    await world.clock.advance(11 * SECOND);
    expect((await world.poll()).counts).toMatchObject({ paid_not_recorded: 1 });
    expect(mismatches('UNCREDITED_01')).toMatchObject([
      {
        kind: 'paid_not_recorded',
        state: 'open',
        system_status: 'pending',
        wechat_status: 'SUCCESS',
        system_amount: 880,
        wechat_amount: 880,
      },
    ]);
    expect((await world.check(id))?.next_check_at).toBeGreaterThanOrEqual(world.clock.now() + 5 * MINUTE - SECOND);
    await world.clock.advance(6 * MINUTE);
    await world.poll();
    expect(mismatches('UNCREDITED_01')).toHaveLength(1);
    expect(world.events('payment.confirmed', 'UNCREDITED_01')).toHaveLength(3);
  });

  it('is told later when the broker does not take it', async () => {
    await addPaid('UNCREDITED_02');
    await world.poll();
    await world.clock.advance(61 * SECOND);
    const { publish } = world.publisher;
    world.publisher.publish = (record) =>
      record.topic === 'payment.mismatch' ? Promise.resolve({ kind: 'timed_out' }) : publish(record);
    await world.poll();
    world.publisher.publish = publish;
    expect(mismatches('UNCREDITED_02')).toEqual([]);
    await world.clock.advance(10 * SECOND);
    await world.poll();
    expect(mismatches('UNCREDITED_02')).toHaveLength(1);
  });

  it.each([
    ['is credited in the meantime', "credited_at = '2026-11-11 02:00:00'"],
    ['is on hold for a person', "credit_hold = 'recharged_twice'"],
    ['has another amount, which points tells', 'amount_total = 1'],
    ['has another app id, which points tells', "appid = 'wx0000000000000000'"],
  ])('is not told when its order %s', async (_what, change) => {
    const outTradeNo = `TOLD_ELSE_${world.published.length}`;
    const id = await addPaid(outTradeNo);
    await world.poll();
    await world.pool.query(`UPDATE payment_orders SET ${change} WHERE id = ?`, [id]);
    await world.clock.advance(61 * SECOND);
    await world.poll();
    expect(mismatches(outTradeNo)).toEqual([]);
  });
});
