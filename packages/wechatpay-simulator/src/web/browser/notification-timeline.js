import { answerText, attemptName, endPill, faultTag } from './callback-state.js';
import { callControl } from './control.js';
import { textOfFault } from './fault-names.js';
import { formatSpan, formatTime } from './format.js';
import { t } from './language.js';
import { html, nothing } from './lit.js';
import { simulatorNow } from './page-state.js';
import { act } from './refresh.js';

/** @import { AttemptAnswer, NotificationAnswer } from '../../control/order-answers.ts' */

/**
 * Every attempt of a notification with its answer, and when the next one comes.
 * @param {string} outTradeNo
 * @param {NotificationAnswer} notification
 */
export function notificationTimeline(outTradeNo, { state, faults, attempts, nextAttemptAt }) {
  return html`
    ${faults.length === 0 ? nothing : html`<p class="hint">${t('detail.faults', { faults: faults.map(textOfFault).join(', ') })}</p>`}
    <ol class="timeline">
      ${attempts.map(attemptItem)} ${nextAttemptAt === null ? ending(state, attempts.at(-1) ?? null) : nextItem(outTradeNo, nextAttemptAt)}
    </ol>
  `;
}

/** @param {AttemptAnswer} attempt */
function attemptItem(attempt) {
  return html`<li>
    <span class="mono">${formatTime(attempt.at)}</span>
    <span>${attemptName(attempt)}</span>
    ${answerText(attempt)} ${faultTag(attempt.fault)}
    ${attempt.error === null ? nothing : html`<span class="hint error-text">${attempt.error}</span>`}
  </li>`;
}

/**
 * @param {NotificationAnswer['state']} state
 * @param {AttemptAnswer | null} lastAttempt
 */
function ending(state, lastAttempt) {
  if (state === 'pending') return html`<li class="next">${t('callback.sending')}</li>`;
  return html`<li class="end">${endPill(state, lastAttempt)}</li>`;
}

/**
 * @param {string} outTradeNo
 * @param {string} nextAttemptAt
 */
function nextItem(outTradeNo, nextAttemptAt) {
  const span = formatSpan(Date.parse(nextAttemptAt) - simulatorNow());
  return html`<li class="next">
    <span>${t('detail.next', { time: formatTime(nextAttemptAt), span })}</span>
    <button @click=${() => sendNow(outTradeNo)}>${t('detail.now')}</button>
  </li>`;
}

/** @param {string} outTradeNo */
function sendNow(outTradeNo) {
  void act(async () => {
    const { hurried } = await callControl('POST', '/notifications/redeliver-now', { outTradeNo });
    return t('detail.sent', { count: hurried });
  });
}
