import { inSharedSpans } from '@payguard/shared/telemetry/tracing';
import type { RoundResult } from './apply-round.ts';
import type { ReceivedEvent } from './order-event.ts';

/** Applies a round inside a span in each trace of its events that is sampled; all have the times of its one transaction. */
export function inCommitSpans(
  events: readonly ReceivedEvent[],
  apply: () => Promise<RoundResult>,
): Promise<RoundResult> {
  const parents = events.map(({ traceparent }) => traceparent);
  const attributesOf = () => ({ 'db.system.name': 'mysql', 'payguard.round.events': events.length });
  return inSharedSpans('decide and commit', { kind: 'client', parents, attributesOf }, async (spans) => {
    const result = await apply();
    spans.setAttributes((n) => ({ 'payguard.outcome': outcomeOf(events[n], result) }));
    return result;
  });
}

/** Of the event's order: each of its events in the round has its say, and parked ones that became applicable. */
function outcomeOf(received: ReceivedEvent | undefined, { folded }: RoundResult): string {
  const { mchid, out_trade_no } = received?.event.data ?? {};
  const order = folded.find(({ after }) => after.mchid === mchid && after.outTradeNo === out_trade_no);
  return order === undefined ? 'no_such_order' : order.outcomes.join(',');
}
