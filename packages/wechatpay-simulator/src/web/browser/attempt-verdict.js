import { t } from './language.js';
import { html, nothing } from './lit.js';

/** @import { AttemptAnswer } from '../../control/order-answers.ts' */

/** Not from WeChat Pay, or not from now: a receiver that checks a callback refuses these. */
const FORGERIES = [
  'tampered_body',
  'tampered_signature',
  'tampered_tag',
  'tampered_aad',
  'wrong_key',
  'unknown_serial',
  'stale_timestamp',
  'signtest',
];
/** Rightly signed, but not what was ordered. */
const WRONG_CONTENTS = ['wrong_amount', 'wrong_appid', 'wrong_mchid'];

/**
 * Only 200 and 204 end a notification (page 4012791861).
 * @param {AttemptAnswer} attempt
 */
export function isAccepted({ status }) {
  return status === 200 || status === 204;
}

/**
 * What the receiver should have refused and has accepted; undefined when it did well.
 * @param {AttemptAnswer} attempt
 * @returns {'forgery' | 'content' | undefined}
 */
export function wronglyAccepted(attempt) {
  if (attempt.fault === null || !isAccepted(attempt)) return undefined;
  if (FORGERIES.includes(attempt.fault)) return 'forgery';
  return WRONG_CONTENTS.includes(attempt.fault) ? 'content' : undefined;
}

/**
 * The receiver's error in red, or nothing when it did well.
 * @param {AttemptAnswer} attempt
 */
export function verdictPill(attempt) {
  const accepted = wronglyAccepted(attempt);
  if (accepted === undefined) return nothing;
  return html`<span class="pill wrongly-accepted">${t(`attempt.accepted.${accepted}`)}</span>`;
}
