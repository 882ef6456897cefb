import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';
import { mismatchId } from '@payguard/shared/events/payment-mismatch';
import type { Random } from '../exactly-once/random.ts';
import type { KillRoundsSystem } from './kill-rounds-system.ts';

/** How a mismatch has to end, whatever order its events come in. */
export type ExpectedMismatch = {
  id: string;
  state: PaymentMismatch['state'];
  detectedAt: number;
  handledBy: string | null;
};

export type MismatchHistory = { expected: ExpectedMismatch; events: PaymentMismatch[] };

const MCHID = '1900000109';
const TOPIC = 'payment.mismatch';
/** Of which a person settles some, and some repair themselves. */
const ENDS = ['open', 'auto_repaired', 'resolved', 'dismissed'] as const;

/** A mismatch and its events, some of them twice, in random order. */
export function randomHistory(orderNo: string, random: Random): MismatchHistory {
  const id = mismatchId({ kind: 'paid_not_recorded', mchid: MCHID, orderOrTransaction: orderNo });
  const end = ENDS[Math.floor(random.between(0, ENDS.length))] ?? 'open';
  const foundAt = Date.now() - Math.floor(random.between(1_000, 100_000));
  const isPersons = end === 'resolved' || end === 'dismissed';
  const event = (state: PaymentMismatch['state'], afterMs: number): PaymentMismatch => ({
    ...{ id, kind: 'paid_not_recorded', state, mchid: MCHID, out_trade_no: orderNo },
    ...{ transaction_id: null, refund_id: null, system_status: 'pending', wechat_status: 'SUCCESS' },
    ...{ system_amount: 100, wechat_amount: 100, detected_at: new Date(foundAt + afterMs).toISOString() },
    ...(state === end && isPersons ? { handled_by: 'li.na', handled_reason: 'checked' } : {}),
  });
  const events = [event('open', 0), event('open', 500), event('auto_repaired', 700), event(end, 900)];
  const told = events.filter(({ state }) => state === 'open' || state === end || isPersons);
  return {
    expected: { id, state: end, detectedAt: foundAt, handledBy: isPersons ? 'li.na' : null },
    events: random.shuffle([...told, ...random.sample(told, 1)]),
  };
}

/** Without a key: what belongs together is spread over the partitions. */
export async function publish(system: KillRoundsSystem, events: readonly PaymentMismatch[]): Promise<void> {
  const messages = events.map((data, index) =>
    toKafkaRecord({
      ...{ type: TOPIC, id: `${data.id}-${index}`, source: 'kill-rounds' },
      ...{ time: Date.now(), key: null, data },
    } as const),
  );
  if (messages.length > 0) await system.producer.send({ topic: TOPIC, messages });
}
