import type { FinalRefundStatus, Refund } from '../refunds/refund.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { RefundFault } from './order-fault.ts';

export interface RefundCourse {
  /** ms from the request until it settles. */
  readonly settleAfterMs: number;
  readonly status: FinalRefundStatus;
}

/** How a new refund will go: `SUCCESS` after `usualMs` unless faults are set or drawn for it, which are recorded now. */
export function takeRefundCourse(parts: SimulatorParts, refund: Refund, usualMs: number): RefundCourse {
  const { mchid, outTradeNo } = refund.order.terms;
  const { outRefundNo } = refund.terms;
  const faults = parts.faultPlan.takeRefundFaults(outTradeNo, outRefundNo);
  const course = faults.reduce(bend, { settleAfterMs: usualMs, status: 'SUCCESS' });
  const detail = `settles ${course.status} ${course.settleAfterMs} ms after the request`;
  for (const { kind } of faults) {
    const fields = { target: 'refund', mchid, outTradeNo, outRefundNo, fault: kind, detail } as const;
    parts.faultPlan.record({ atMs: refund.createdAtMs, ...fields });
  }
  return course;
}

function bend(course: RefundCourse, fault: RefundFault): RefundCourse {
  switch (fault.kind) {
    case 'refund_abnormal':
      return { ...course, status: 'ABNORMAL' };
    case 'refund_closed':
      return { ...course, status: 'CLOSED' };
    case 'refund_slow':
      return { ...course, settleAfterMs: fault.ms };
  }
}
