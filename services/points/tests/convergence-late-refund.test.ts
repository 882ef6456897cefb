import { lateRefundNumber } from '@payguard/shared/rules/late-refund-number';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderEvent } from '../src/order-event.ts';
import { closed, confirmed, decision, pendingOrder, refunded, transactionOf } from './order-fixtures.ts';
import { createOrderModel } from './order-model.ts';

const RUNS = 5_000;

type Step = OrderEvent | 'create';
type Policy = NonNullable<Parameters<typeof createOrderModel>[1]>;

const order = pendingOrder();
const NUMBER = lateRefundNumber(transactionOf(order));
const PAID_AND_CLOSED: readonly Step[] = [
  'create',
  closed(order),
  closed(order, { observed_at: '2025-07-11T17:00:00.000Z', reason: 'cancelled' }),
  confirmed(order, 'callback'),
  confirmed(order, 'query', { observed_at: '2025-07-11T16:57:31.000Z' }),
];
const SENT_BACK: readonly Step[] = [
  ...PAID_AND_CLOSED,
  refunded(order, NUMBER, 10_000, { status: 'PROCESSING', success_time: null }),
  refunded(order, NUMBER, 10_000, { status: 'ABNORMAL', success_time: null }),
  refunded(order, NUMBER, 10_000),
];

/** Every step at least once, some again, in any order. */
function historiesOf(steps: readonly Step[]) {
  return fc
    .tuple(
      fc.shuffledSubarray([...steps], { minLength: steps.length }),
      fc.array(fc.constantFrom(...steps), { maxLength: 5 }),
    )
    .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }));
}

function isClosedFirst(history: readonly Step[]): boolean {
  const kinds = history.map((step) => (step === 'create' ? step : step.kind));
  return kinds.find((kind) => kind === 'closed' || kind === 'confirmed') === 'closed';
}

/** Takes the steps in rounds of these sizes, then one by one. */
function play(history: readonly Step[], policy: Policy, rounds: readonly number[] = [], start = order) {
  const model = createOrderModel(start, policy);
  const pending = [...history];
  for (let round = 0; pending.length > 0; round += 1) {
    const together = pending.splice(0, rounds[round] ?? 1);
    if (together.includes('create')) model.create();
    model.receive(...together.filter((step): step is OrderEvent => step !== 'create'));
  }
  return model;
}

const roundSizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 13 });

describe('an order that was closed before it was paid', () => {
  it.each<[string, Policy, readonly Step[]]>([
    ['under the policy refund', { latePayment: 'refund' }, SENT_BACK],
    [
      'under the policy refund, whatever people say',
      { latePayment: 'refund' },
      [...SENT_BACK, decision(order, 'credit')],
    ],
    [
      'under the policy review, by the verdict to refund',
      { latePayment: 'review' },
      [...SENT_BACK, decision(order, 'refund'), decision(order, 'dismiss')],
    ],
  ])('is refunded in the same way by every history, %s', (_name, policy, steps) => {
    const expected = play(steps, policy).outcome();
    expect(expected.order).toMatchObject({ paymentStatus: 'refunded', refundedTotal: 10_000, creditedAt: null });
    expect(expected).toMatchObject({ balance: 0, ledgerKeys: [], parked: [] });
    fc.assert(
      fc.property(historiesOf(steps).filter(isClosedFirst), roundSizes, (history, rounds) => {
        const model = play(history, policy, rounds);
        expect(model.outcome()).toEqual(expected);
        const repaired = model.told.filter(([kind, state]) => kind === 'paid_after_close' && state === 'auto_repaired');
        expect(repaired).toHaveLength(1);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('an order on hold whose payment a person sends back', () => {
  it('ends the same by every history, closed by whichever was earlier: the verdict or WeChat Pay', () => {
    const held = pendingOrder({ creditHold: 'ledger_mismatch' });
    const laterClose = closed(order, { observed_at: '2025-07-11T20:00:00.000Z' });
    const steps = [...SENT_BACK.filter((step) => step === 'create' || step.kind !== 'closed'), laterClose];
    const history = [...steps, decision(order, 'refund')];
    const expected = play(history, {}, [], held).outcome();
    expect(expected.order).toMatchObject({
      paymentStatus: 'refunded',
      closedAt: Date.parse('2025-07-12T03:00:00+08:00'),
      creditHold: null,
    });
    expect(expected).toMatchObject({ ledgerKeys: [], parked: [] });
    fc.assert(
      fc.property(historiesOf(history), roundSizes, (each, rounds) => {
        expect(play(each, {}, rounds, held).outcome()).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('close and payment in any order under the policy refund', () => {
  it('credit the payment or send it back, by which was seen first, and never both', () => {
    const credited = play([...PAID_AND_CLOSED].reverse(), { latePayment: 'refund' }).outcome();
    const sentBack = play(PAID_AND_CLOSED, { latePayment: 'refund' }).outcome();
    expect(credited.ledgerKeys).toEqual(['recharge:1']);
    expect(sentBack.order?.refunds).toMatchObject([{ outRefundNo: NUMBER, status: 'requested' }]);
    fc.assert(
      fc.property(historiesOf(PAID_AND_CLOSED), roundSizes, (history, rounds) => {
        const expected = isClosedFirst(history) ? sentBack : credited;
        expect(play(history, { latePayment: 'refund' }, rounds).outcome()).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  it('and verdicts of every kind under review end in one of the two, and stay there', () => {
    const verdicts = (['credit', 'refund', 'dismiss'] as const).map((verdict) => decision(order, verdict));
    fc.assert(
      fc.property(historiesOf([...PAID_AND_CLOSED, ...verdicts]), roundSizes, (history, rounds) => {
        const { order: after, ledgerKeys, parked } = play(history, { latePayment: 'review' }, rounds).outcome();
        const isCredited = after?.creditedAt !== null;
        expect(ledgerKeys).toHaveLength(isCredited ? 1 : 0);
        expect(after?.refunds).toHaveLength(isCredited ? 0 : 1);
        expect(parked).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});
