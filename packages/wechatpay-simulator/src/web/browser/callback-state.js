import { textOfFault } from './fault-names.js';
import { formatSpan } from './format.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { simulatorNow } from './page-state.js';

/** @import { AttemptAnswer, ShownOrder } from '../../control/order-answers.ts' */

/**
 * How an order's callback is getting on, in a few words.
 * @param {ShownOrder} order
 */
export function callbackState({ notification, nextAttemptAt, attempts, lastAnswer }) {
  if (notification === null) return html`<span class="hint">${t('callback.none')}</span>`;
  if (notification !== 'pending') {
    return html`<span class="pill callback-${notification}">${textOf('callback', notification)}</span>
      ${lastAnswer === null ? nothing : answerText(lastAnswer)}`;
  }
  if (nextAttemptAt === null) return html`<span class="pill callback-sending">${t('callback.sending')}</span>`;
  const span = formatSpan(Date.parse(nextAttemptAt) - simulatorNow());
  return html`<span class="pill callback-pending">${t(attempts === 0 ? 'callback.first' : 'callback.retry', { span })}</span>
    ${lastAnswer === null ? nothing : answerText(lastAnswer)}`;
}

/**
 * What an attempt was answered.
 * @param {AttemptAnswer} attempt
 */
export function answerText({ sent, status, ms, error }) {
  if (!sent) return html`<span class="answer not-sent">${t('attempt.notSent')}</span>`;
  if (status === null) return html`<span class="answer bad" title=${error ?? ''}>${t('attempt.none')}</span>`;
  const isAccepted = status === 200 || status === 204;
  return html`<span class="answer ${isAccepted ? 'good' : 'bad'}"
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
