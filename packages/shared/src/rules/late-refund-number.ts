/** No other refund may be named so: by it the refund of a payment that was never credited is told from a customer's. */
export const LATE_REFUND_PREFIX = 'PAYGUARD_LATE_';

/**
 * The out_refund_no of the refund that points itself asks for. It follows from the payment alone, so that a payment sent
 * back twice would be one refund to WeChat Pay. At most 46 of the 64 characters allowed (page 4013071036): a transaction_id
 * has at most 32 (page 4012791861).
 */
export function lateRefundNumber(transactionId: string): string {
  return `${LATE_REFUND_PREFIX}${transactionId}`;
}
