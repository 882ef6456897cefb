import type { ApiFaultWish } from 'wechatpay-simulator/faults/api-fault-rule';

/** One way in which WeChat Pay's API goes wrong, and what may still come through it. */
export type StormKind = {
  name: string;
  fault: ApiFaultWish['fault'];
  /** True answers pass all the same, only later (`slow`), or at the repeat (`signtest`). */
  passes?: true;
};

/** An answer this much off the clock is none of now (facts §1.2: five minutes). */
const CLOCK_OFF_MS = 600_000;

/** All kinds of API faults that the simulator knows; of error codes those that say something about the way, not the order. */
export const STORM_KINDS: readonly StormKind[] = [
  { name: '429 RATE_LIMITED', fault: { kind: 'error', code: 'RATE_LIMITED' } },
  { name: '429 FREQUENCY_LIMITED', fault: { kind: 'error', code: 'FREQUENCY_LIMITED' } },
  { name: '500', fault: { kind: 'error', code: 'SYSTEM_ERROR' } },
  { name: '502', fault: { kind: 'error', code: 'SERVICE_UNAVAILABLE', status: 502 } },
  { name: '503', fault: { kind: 'error', code: 'SERVICE_UNAVAILABLE' } },
  { name: '401 SIGN_ERROR', fault: { kind: 'error', code: 'SIGN_ERROR' } },
  { name: '403 NO_AUTH', fault: { kind: 'error', code: 'NO_AUTH' } },
  { name: 'hang', fault: { kind: 'hang' } },
  { name: 'cut', fault: { kind: 'cut' } },
  { name: 'cut in the body', fault: { kind: 'cut', sent: 'half_body' } },
  { name: '202', fault: { kind: 'accepted_202' } },
  { name: 'HTML 404', fault: { kind: 'html_404' } },
  { name: 'empty 404', fault: { kind: 'empty_404' } },
  { name: 'unsigned', fault: { kind: 'unsigned' } },
  { name: 'wrongly signed', fault: { kind: 'wrongly_signed' } },
  { name: 'unknown serial', fault: { kind: 'unknown_serial' } },
  { name: 'clock off', fault: { kind: 'clock_off', ms: CLOCK_OFF_MS } },
  { name: 'slow', fault: { kind: 'slow', ms: 300 }, passes: true },
  { name: 'signtest', fault: { kind: 'signtest' }, passes: true },
];
