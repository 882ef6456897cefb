import { type SyncRefundOutcome, syncRefund } from '@payguard/shared/sync-order/sync-refund';
import { type Checkout, syncDependencies } from '../checkout.ts';
import type { Refusal } from '../http/problem.ts';
import type { OrderView, RefundView } from '../orders/order-view.ts';
import type { ServedMerchant } from '../served-merchants.ts';
import { recordRefund } from './record-refund.ts';
import type { WantedRefund } from './refund-request.ts';

export type RequestedRefund =
  /** WeChat Pay has accepted it. */
  | { outcome: 'accepted'; refund: RefundView }
  /** Recorded; the reconciler goes on with it. */
  | { outcome: 'requested'; refund: RefundView }
  | { outcome: 'repeat'; refund: RefundView }
  | Refusal;

/**
 * Records a refund, then sends it. What is recorded is sent sooner or later, by the reconciler if not from here, always
 * under its one number and never without asking first: so it is never given twice.
 */
export async function requestRefund(
  checkout: Checkout,
  merchant: ServedMerchant,
  order: OrderView,
  wanted: WantedRefund,
): Promise<RequestedRefund> {
  const decision = await recordRefund(checkout, order.id, wanted);
  if (decision.outcome !== 'new') return decision;
  const { transactionId, amountTotal } = decision;
  const sent = await syncRefund(syncDependencies(checkout, merchant), {
    request: {
      transactionId,
      outTradeNo: order.outTradeNo,
      outRefundNo: wanted.outRefundNo,
      amountRefund: wanted.amount,
      amountTotal,
      reason: wanted.reason,
      notifyUrl: merchant.notifyUrl,
    },
    isNew: true,
  });
  noteSent(checkout, wanted.outRefundNo, sent);
  return explainSent(wanted, sent, checkout.clock.now());
}

function explainSent(wanted: WantedRefund, sent: SyncRefundOutcome, now: number): RequestedRefund {
  const refund = { ...wanted, refundId: null, status: 'requested', successTime: null, createdAt: now } as const;
  if (sent.outcome !== 'published') return { outcome: 'requested', refund };
  const { refundId, status, successTime } = sent.refund;
  const at = successTime === null ? null : Date.parse(successTime);
  return { outcome: 'accepted', refund: { ...refund, refundId, status, successTime: at } };
}

function noteSent({ log }: Checkout, outRefundNo: string, sent: SyncRefundOutcome): void {
  switch (sent.outcome) {
    case 'published':
      log.info({ outRefundNo, refundId: sent.refund.refundId, status: sent.refund.status }, 'refund sent');
      return;
    case 'refused':
      log.warn({ outRefundNo, code: sent.code, message: sent.message }, 'refund refused, it stays requested');
      return;
    default:
      log.warn({ outRefundNo, outcome: sent.outcome }, 'refund not sent yet, it stays requested');
  }
}
