import type { Simulator } from 'wechatpay-simulator';
import type { OrderFaultInput } from 'wechatpay-simulator/faults/order-fault';

export const POLICIES = ['credit', 'review', 'refund'] as const;
export type Policy = (typeof POLICIES)[number];

/** When a payment comes, seen from the order's expiry. */
type Moment = {
  name: string;
  /** The payer pays this long before expires_at; otherwise the simulator's fault pays. */
  paysBeforeExpiryMs?: number;
  fault?: OrderFaultInput;
  /** The close's answer takes this long, in ms of this machine. */
  slowCloseMs?: number;
  /** Whether payment.closed is published before the payment; by nature either where it is left out. */
  isLate?: boolean;
};

const MOMENTS: readonly Moment[] = [
  { name: 'long before expiry', paysBeforeExpiryMs: 30_000, isLate: false },
  { name: 'just before expiry', paysBeforeExpiryMs: 500, isLate: false },
  { name: 'after expiry, before the query or after the close', fault: { kind: 'late_payment', ms: 1 } },
  { name: 'between query and close', fault: { kind: 'close_race', first: 'payment' }, isLate: false },
  {
    name: 'between close and second query',
    fault: { kind: 'close_race', first: 'close', ms: 1 },
    slowCloseMs: 150,
    isLate: false,
  },
  { name: 'around the second query', fault: { kind: 'close_race', first: 'close', ms: 200 } },
  { name: 'around the event of the close', fault: { kind: 'close_race', first: 'close', ms: 1_000 } },
  { name: 'while the close is applied', fault: { kind: 'close_race', first: 'close', ms: 3_000 } },
  { name: 'after the close was applied', fault: { kind: 'close_race', first: 'close', ms: 40_000 }, isLate: true },
  { name: 'long after the close', fault: { kind: 'late_payment', ms: 75_000 }, isLate: true },
];

const CALLBACKS: readonly { name: string; faults: OrderFaultInput[] }[] = [
  { name: 'at once', faults: [] },
  { name: 'later', faults: [{ kind: 'delayed', ms: 30_000 }] },
  { name: 'twice at once', faults: [{ kind: 'doubled_at_once' }] },
  { name: 'at the second attempt', faults: [{ kind: 'lost_first' }] },
  { name: 'never', faults: [{ kind: 'lost' }] },
];

export type Scenario = {
  name: string;
  policy: Policy;
  mchid: string;
  outTradeNo: string;
  moment: Moment;
  faults: OrderFaultInput[];
};

/** Every moment with every fate of the callback, for each policy. */
export function allScenarios(mchidOf: (policy: Policy) => string): Scenario[] {
  const combined = POLICIES.flatMap((policy) =>
    MOMENTS.flatMap((moment) => CALLBACKS.map((callback) => ({ policy, moment, callback }))),
  );
  return combined.flatMap(({ policy, moment, callback }, n) => {
    // A payment on an order that is closed for good is only told by its callback (and by the next day's bill).
    if (callback.name === 'never' && moment.isLate !== false) return [];
    return [
      {
        ...{ policy, moment, mchid: mchidOf(policy), outTradeNo: `RACE_${mchidOf(policy)}_${n}` },
        name: `${policy}: paid ${moment.name}, callback ${callback.name}`,
        faults: [...(moment.fault === undefined ? [] : [moment.fault]), ...callback.faults],
      },
    ];
  });
}

/** Sets a scenario's faults and plans its payment; its order need not exist yet. */
export function prepare(
  simulator: Simulator,
  { mchid, outTradeNo, moment, faults }: Scenario,
  expiresAt: number,
): void {
  simulator.setFaults(outTradeNo, faults);
  if (moment.slowCloseMs !== undefined) {
    const fault = { kind: 'slow', ms: moment.slowCloseMs } as const;
    simulator.addApiFault({ operations: ['close_order'], outTradeNo, fault });
  }
  if (moment.paysBeforeExpiryMs === undefined) return;
  simulator.clock.schedule(expiresAt - moment.paysBeforeExpiryMs, async () => {
    // Late: on a busy machine the timer may fire after expires_at, and still before anybody can ask.
    simulator.pay({ mchid, outTradeNo, late: true });
  });
}
