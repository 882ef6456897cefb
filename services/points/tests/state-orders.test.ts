import { utcText } from '@payguard/shared/database/multi-row';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MCHID } from './order-fixtures.ts';
import { MINUTE, NOW, openStateWorld, SECOND } from './state-world.ts';

const HOUR = 60 * MINUTE;
const OTHER_MCHID = '1900000999';

let world: Awaited<ReturnType<typeof openStateWorld>>;
beforeAll(async () => {
  world = await openStateWorld();
});
afterAll(() => world.drop());

describe('before anything has happened', () => {
  it('nothing says that it was read before it was', async () => {
    expect(await world.values('payguard_state_updated_timestamp_seconds')).toEqual({});
  });

  it('everything that can be counted is 0, and says when it was read', async () => {
    await world.refresh();
    expect(await world.values('payguard_orders_pending')).toEqual({ '': 0 });
    expect(await world.values('payguard_refunds_open')).toEqual({ requested: 0, processing: 0, abnormal: 0 });
    expect((await world.values('payguard_mismatches_open')).amount_mismatch).toBe(0);
    expect((await world.values('payguard_parked_events')).no_such_order).toBe(0);
    expect((await world.values('payguard_wechatpay_requests_total'))['poll query ok']).toBe(0);
    expect(await world.values('payguard_state_updated_timestamp_seconds')).toEqual({ '': NOW / 1000 });
  });
});

describe('orders', () => {
  it('that are pending or on hold are counted, with the age of the oldest', async () => {
    await world.addOrder(NOW - 3 * HOUR);
    await world.addOrder(NOW - 10 * SECOND);
    await world.addOrder(NOW - 4 * HOUR, { payment_status: 'cancelled', credit_hold: 'late_payment' });
    await world.refresh();
    expect(await world.values('payguard_orders_pending')).toEqual({ '': 2 });
    expect(await world.values('payguard_orders_pending_oldest_age_seconds')).toEqual({ '': (3 * HOUR) / 1000 });
    expect(await world.values('payguard_orders_on_hold')).toEqual({ '': 1 });
  });

  it('that nobody asks about in time are overdue since the first of their merchant and lane was due', async () => {
    const check = (order_id: number, lane: number, dueAt: number, mchid = MCHID) => ({
      ...{ order_id, lane, mchid },
      next_check_at: utcText(dueAt),
    });
    await world.insert('order_checks', [check(1, 0, NOW + MINUTE), check(2, 1, NOW + HOUR)]);
    await world.refresh();
    const overdue = 'payguard_order_checks_overdue_seconds';
    expect(await world.values(overdue)).toEqual({ [`${MCHID} fresh`]: 0, [`${MCHID} backlog`]: 0 });
    const keyless = check(5, 0, NOW - HOUR, OTHER_MCHID);
    await world.insert('order_checks', [check(3, 0, NOW - 5 * SECOND), check(4, 1, NOW - 90 * SECOND), keyless]);
    await world.refresh();
    const expected = { [`${MCHID} fresh`]: 5, [`${MCHID} backlog`]: 90, [`${OTHER_MCHID} fresh`]: 3_600 };
    expect(await world.values(overdue)).toEqual(expected);
    await world.pool.query('DELETE FROM order_checks');
    await world.refresh();
    expect(await world.values(overdue)).toEqual({});
  });

  it('created 35 to 95 minutes ago make the payment success rate with those of them that are credited', async () => {
    const paid = world.paid(NOW - 50 * MINUTE);
    await world.addOrder(NOW - 94 * MINUTE, paid);
    await world.addOrder(NOW - 60 * MINUTE, { payment_status: 'expired' });
    await world.addOrder(NOW - 36 * MINUTE, { ...paid, payment_status: 'refunded' });
    await world.addOrder(NOW - 96 * MINUTE, paid);
    await world.addOrder(NOW - 34 * MINUTE, paid);
    await world.refresh();
    expect(await world.values('payguard_orders_created_recent')).toEqual({ '': 3 });
    expect(await world.values('payguard_orders_credited_recent')).toEqual({ '': 2 });
  });
});

describe('orders paid in the window', () => {
  const see = (order_id: number, witness: string, seenAt: number) =>
    world.insert('payment_evidence', [{ order_id, witness, first_seen_at: utcText(seenAt) }]);

  const ofMerchant = (in_time: number, late: number, missing: number, mchid = MCHID) => ({
    ...{ [`${mchid} in_time`]: in_time, [`${mchid} late`]: late, [`${mchid} missing`]: missing },
  });

  it('are told apart by their merchant and their callback: in time, late or missing', async () => {
    const paidAt = NOW - 5 * MINUTE;
    for (const [delay, orders] of [
      [SECOND, 3],
      [60 * SECOND, 1],
      [75 * SECOND, 2],
    ] as const) {
      for (let n = 0; n < orders; n += 1) {
        await see(await world.addOrder(paidAt, world.paid(paidAt)), 'callback', paidAt + delay);
      }
    }
    await see(await world.addOrder(paidAt, world.paid(paidAt)), 'query', paidAt + SECOND);
    await world.addOrder(paidAt, { ...world.paid(paidAt), mchid: OTHER_MCHID });
    await world.refresh();
    const expected = { ...ofMerchant(4, 2, 1), ...ofMerchant(0, 0, 1, OTHER_MCHID) };
    expect(await world.values('payguard_orders_paid_recent')).toEqual(expected);
  });

  it('are not those paid less than a minute ago, whose callback may still come, nor those of earlier', async () => {
    await world.addOrder(NOW, world.paid(NOW - 59 * SECOND));
    await world.addOrder(NOW, world.paid(NOW - 12 * MINUTE, NOW - SECOND));
    await world.refresh();
    const expected = { ...ofMerchant(4, 2, 1), ...ofMerchant(0, 0, 1, OTHER_MCHID) };
    expect(await world.values('payguard_orders_paid_recent')).toEqual(expected);
  });

  it('leave it as time goes by', async () => {
    await world.refresh(NOW + 20 * MINUTE);
    expect(await world.values('payguard_orders_paid_recent')).toEqual({});
  });
});
