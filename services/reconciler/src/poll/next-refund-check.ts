import type { SyncRefundOutcome } from '@payguard/shared/sync-order/sync-refund';
import { verdictOf } from './judge-answer.ts';

/** A refund's next look. */
export type NextRefundCheck = {
  /** ms UTC */
  nextCheckAt: number;
  /** A person has to look: it cannot go on by itself. */
  needsPerson: boolean;
};

const MINUTE_MS = 60_000;
/** By how often it was looked at (page 4013071036: a minute, then 5 to 30). */
const AFTER_ATTEMPTS_MS = [1, 1, 5, 10, 20].map((minutes) => minutes * MINUTE_MS);
const LATER_MS = 30 * MINUTE_MS;
/** What a person has to mend is not mended by asking. */
const NEEDS_PERSON_MS = 6 * 60 * MINUTE_MS;

export type RefundLook = {
  /** The looks so far, this one included. */
  attempts: number;
  /** Nobody knew before this look that WeChat Pay has it. */
  isNewAtWechatPay: boolean;
};

/** When a refund is looked at again. */
export function planAfterRefund(
  answer: SyncRefundOutcome,
  { attempts, isNewAtWechatPay }: RefundLook,
  now: number,
): NextRefundCheck {
  switch (answer.outcome) {
    case 'published':
      // However many looks it took: WeChat Pay's minute begins with its acceptance.
      return soon(isNewAtWechatPay ? 1 : attempts, now);
    case 'refused':
      // Keys or clock: nothing about this refund.
      if (verdictOf(answer) === 'misconfigured') return soon(attempts, now);
      return { nextCheckAt: now + NEEDS_PERSON_MS, needsPerson: true };
    case 'not_exist':
      return { nextCheckAt: now + NEEDS_PERSON_MS, needsPerson: true };
    case 'not_published':
      return soon(0, now);
    case 'unavailable':
      // The merchant's balance does not cover it: it passes when money has come in.
      if (answer.code === 'NOT_ENOUGH') return { nextCheckAt: now + LATER_MS, needsPerson: false };
      return soon(attempts, now);
  }
}

/** One that cannot be sent as it stands: without the payment's number, the order's amount, or a notify URL. */
export function planIncompleteRefund(now: number): NextRefundCheck {
  return { nextCheckAt: now + LATER_MS, needsPerson: true };
}

function soon(attempts: number, now: number): NextRefundCheck {
  return { nextCheckAt: now + (AFTER_ATTEMPTS_MS[attempts] ?? LATER_MS), needsPerson: false };
}
