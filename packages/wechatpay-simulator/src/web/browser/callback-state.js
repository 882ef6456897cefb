import { isAccepted, verdictPill, wronglyAccepted } from './attempt-verdict.js';
import { textOfFault } from './fault-names.js';
import { formatSpan } from './format.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { simulatorNow } from './page-state.js';

/** @import { AttemptAnswer, NotificationAnswer, ShownOrder } from '../../control/order-answers.ts' */

/**
 * How an order's callback is getting on, in a few words.
 * @param {ShownOrder} order
 */
export function callbackState({ notification, nextAttemptAt, attempts, lastAnswer }) {
  if (notification === null) return html`<span class="hint">${t('callback.none')}</span>`;
  if (notification !== 'pending') {
    return html`${endPill(notification, lastAnswer)} ${lastAnswer === null ? nothing : answerText(lastAnswer)}`;
  }
  if (nextAttemptAt === null) return html`<span class="pill callback-sending">${t('callback.sending')}</span>`;
  const span = formatSpan(Date.parse(nextAttemptAt) - simulatorNow());
  return html`<span class="pill callback-pending">${t(attempts === 0 ? 'callback.first' : 'callback.retry', { span })}</span>
    ${lastAnswer === null ? nothing : answerText(lastAnswer)}`;
}

/**
 * How a notification ended. One that ended with an accepted forgery is no success.
 * @param {NotificationAnswer['state']} state
 * @param {AttemptAnswer | null} lastAttempt
 */
export function endPill(state, lastAttempt) {
  if (lastAttempt !== null && wronglyAccepted(lastAttempt) !== undefined) return verdictPill(lastAttempt);
  return html`<span class="pill callback-${state}">${textOf('callback', state)}</span>`;
}

/**
 * What an attempt was answered.
 * @param {AttemptAnswer} attempt
 */
export function answerText(attempt) {
  const { sent, status, ms, error } = attempt;
  if (!sent) return html`<span class="answer not-sent">${t('attempt.notSent')}</span>`;
  if (status === null) return html`<span class="answer bad" title=${error ?? ''}>${t('attempt.none')}</span>`;
  const isGood = isAccepted(attempt) && wronglyAccepted(attempt) === undefined;
  return html`<span class="answer ${isGood ? 'good' : 'bad'}"
    >${t('attempt.answer', { status, ms: ms < 1 ? '<1' : Math.round(ms) })}</span
  >`;
}

/** @param {AttemptAnswer['fault']} fault */
export function faultTag(fault) {
  return fault === null ? nothing : html`<span class="tag">${textOfFault({ kind: fault })}</span>`;
}

/**
 * Number 0 stands for a notification that was lost as a whole.
 * @param {{ number: number, copy: number }} attempt
 */
export function attemptName({ number, copy }) {
  if (number === 0) return '—';
  return t(copy === 1 ? 'attempt.number' : 'attempt.copy', { number });
}
