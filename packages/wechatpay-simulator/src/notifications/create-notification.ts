import { type Fault, fitsRefundNotice, fitsV2Notice } from '../faults/fault.ts';
import { isLost } from '../faults/plan-attempt.ts';
import { deriveBytes, toUuid } from '../seeded-bytes.ts';
import { type Notice, seedPartsOf } from './notice.ts';
import type { Notification } from './notification.ts';

/** A notification before its first attempt. Faults that one of this kind cannot have are left out. */
export function createNotification(
  seed: string,
  notice: Notice,
  chosen: readonly Fault[],
  nowMs: number,
): Notification {
  const faults = faultsFitting(notice, chosen);
  return {
    id: toUuid(deriveBytes(seed, 'notification-id', ...seedPartsOf(notice))),
    createdAtMs: nowMs,
    faults,
    attempts: NO_ATTEMPTS,
    state: isLost(faults) ? 'lost' : 'pending',
    attemptNumber: 0,
    nextAttempt: undefined,
  };
}

/** Shared by all that were not attempted yet. */
const NO_ATTEMPTS: Notification['attempts'] = [];

function faultsFitting(notice: Notice, faults: readonly Fault[]): readonly Fault[] {
  switch (notice.kind) {
    case 'payment':
      return faults;
    case 'refund':
      return faults.filter(fitsRefundNotice);
    case 'refund_v2':
      return faults.filter(fitsV2Notice);
  }
}
