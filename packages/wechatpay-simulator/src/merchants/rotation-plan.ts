/**
 * When WeChat Pay changes a merchant's keys, as pure functions of time (ms UTC).
 * Sources: docs/merchant/products/platform-certificate/update-and-maintenance.html (2024-12), page 4012068829 and the
 * community's FAQ on it for certificates; page 4012154180 for the switch to the public key.
 */
const DAY_MS = 24 * 3_600_000;
const BEIJING_OFFSET_MS = 8 * 3_600_000;

/** 1,825 days, as in the real certificate of wechatpay-java's TestConfig. */
export const CERTIFICATE_LIFE_MS = 5 * 365 * DAY_MS;
/** The next certificate is generated this long before its predecessor expires … */
export const GENERATED_BEFORE_EXPIRY_MS = 210 * DAY_MS;
/** … and returned by GET /v3/certificates from here on, */
const RETURNED_BEFORE_EXPIRY_MS = 180 * DAY_MS;
/** or from here on, when the merchant postpones it as far as it goes. */
const POSTPONED_BEFORE_EXPIRY_MS = 120 * DAY_MS;

/** The steps of the switch. Those of the automatic change of certificates are not published; taken to be the same. */
const GRAY_SHARES = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1] as const;
/** Seven steps "in about 7 days". */
const SWITCH_STEP_MS = DAY_MS;
/** Certificates step on Mondays and Thursdays at 10:00 in Beijing. */
const CERTIFICATE_STEP_WEEKDAYS: readonly number[] = [1, 4];
const CERTIFICATE_STEP_TIME_MS = 10 * 3_600_000;

/** When the newest certificate's successor was, or will be, generated. */
export function successorDueMs(newest: { readonly notAfterMs: number }): number {
  return newest.notAfterMs - GENERATED_BEFORE_EXPIRY_MS;
}

/** When the successor alive at `nowMs` was generated: after a long jump of the clock, some were never seen. */
export function latestSuccessorMs(newest: { readonly notBeforeMs: number }, nowMs: number): number {
  const periodMs = CERTIFICATE_LIFE_MS - GENERATED_BEFORE_EXPIRY_MS;
  const periods = Math.max(1, Math.floor((nowMs - newest.notBeforeMs) / periodMs));
  return newest.notBeforeMs + periods * periodMs;
}

/** From when on the successor of a certificate is returned next to it. */
export function successorReturnedMs(older: { readonly notAfterMs: number }, isPostponed: boolean): number {
  return older.notAfterMs - (isPostponed ? POSTPONED_BEFORE_EXPIRY_MS : RETURNED_BEFORE_EXPIRY_MS);
}

/** The share (0 to 1) of messages that a new certificate signs when its automatic roll-out began at `startMs`. */
export function automaticCertificateShare(startMs: number, nowMs: number): number {
  let steps = 0;
  const firstDayMs = Math.floor((startMs + BEIJING_OFFSET_MS) / DAY_MS) * DAY_MS - BEIJING_OFFSET_MS;
  for (let dayMs = firstDayMs; dayMs <= nowMs && steps < GRAY_SHARES.length; dayMs += DAY_MS) {
    const stepMs = dayMs + CERTIFICATE_STEP_TIME_MS;
    if (isStepDay(dayMs) && stepMs >= startMs && stepMs <= nowMs) steps += 1;
  }
  return steps === 0 ? 0 : shareOfStep(steps - 1);
}

/** The share (0 to 1) of notifications that the public key signs when its automatic switch began at `startMs`. */
export function automaticSwitchShare(startMs: number, nowMs: number): number {
  return shareOfStep(Math.floor((nowMs - startMs) / SWITCH_STEP_MS));
}

/** When an automatic switch would have begun that stands, at `nowMs`, on its first step not below `share`. */
export function switchStartForShare(share: number, nowMs: number): number {
  return nowMs - GRAY_SHARES.findIndex((step) => step >= share) * SWITCH_STEP_MS;
}

function isStepDay(dayMs: number): boolean {
  return CERTIFICATE_STEP_WEEKDAYS.includes(new Date(dayMs + BEIJING_OFFSET_MS).getUTCDay());
}

function shareOfStep(index: number): number {
  return GRAY_SHARES[Math.min(index, GRAY_SHARES.length - 1)] ?? 0;
}
