import { waitUntil } from '@payguard/shared/clock/wait-until';
import type { PlannedPayment } from './payment-plan.ts';
import type { PollWorld } from './poll-world.ts';
import { putInOrders } from './put-in-orders.ts';

type Moment = { at: number } & ({ create: PlannedPayment } | { pay: PlannedPayment });

/** Puts in the orders and pays them as planned, all callbacks lost. Resolves when the last one is paid. */
export async function playPayments(world: PollWorld, plan: readonly PlannedPayment[]): Promise<void> {
  const { clock } = world.simulator;
  let moments = plan
    .flatMap((order): Moment[] => [
      { at: order.createdAt, create: order },
      { at: order.paidAt, pay: order },
    ])
    .toSorted((a, b) => a.at - b.at);
  for (let first = moments[0]; first !== undefined; first = moments[0]) {
    await waitUntil(clock, first.at);
    const now = clock.now();
    const due = moments.filter(({ at }) => at <= now);
    moments = moments.slice(due.length);
    const created = due.flatMap((moment) => ('create' in moment ? [moment.create] : []));
    await putInOrders(
      world,
      created.map(({ outTradeNo, createdAt, firstCheckAt }) => ({ outTradeNo, createdAt, nextCheckAt: firstCheckAt })),
    );
    for (const moment of due) if ('pay' in moment) pay(world, moment.pay);
  }
}

/** `successTimeMs` is the planned one: a busy machine's lateness counts against the recovery, not for it. */
function pay({ simulator }: PollWorld, { outTradeNo, paidAt }: PlannedPayment): void {
  const paid = simulator.pay({ outTradeNo, successTimeMs: paidAt, faults: [{ kind: 'lost' }] });
  if (paid.kind !== 'paid') throw new Error(`${outTradeNo} cannot be paid: ${paid.kind}`);
}
