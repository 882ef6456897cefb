import { verdictPill } from './attempt-verdict.js';
import { answerText, attemptName, faultTag } from './callback-state.js';
import { formatTime } from './format.js';
import { t } from './language.js';
import { html, nothing, repeat } from './lit.js';

/** @import { CallbackAnswer } from '../../control/order-answers.ts' */

/**
 * Callbacks as they go out, the newest first.
 * @param {readonly CallbackAnswer[]} callbacks
 */
export function callbacksCard(callbacks) {
  return html`<section class="card" aria-labelledby="callbacks-title">
    <div class="card-head"><h2 id="callbacks-title">${t('callbacks.title')}</h2></div>
    ${callbacks.length === 0 ? html`<p class="empty">${t('callbacks.empty')}</p>` : callbackTable(callbacks)}
  </section>`;
}

/** @param {readonly CallbackAnswer[]} callbacks */
function callbackTable(callbacks) {
  return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="callbacks-title">
    <table class="callback-table">
      <thead>
        <tr>
          <th scope="col">${t('callbacks.column.time')}</th>
          <th scope="col">${t('callbacks.column.order')}</th>
          <th scope="col">${t('callbacks.column.attempt')}</th>
          <th scope="col">${t('callbacks.column.answer')}</th>
          <th scope="col">${t('callbacks.column.fault')}</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(callbacks, keyOf, callbackRow)}
      </tbody>
    </table>
  </div>`;
}

/** @param {CallbackAnswer} callback */
function keyOf({ mchid, outTradeNo, outRefundNo, number, copy, at }) {
  return [mchid, outTradeNo, outRefundNo, number, copy, at].join(':');
}

/** @param {CallbackAnswer} callback */
function callbackRow(callback) {
  const { outTradeNo, outRefundNo } = callback;
  return html`<tr data-callback=${outTradeNo}>
    <td class="mono">${formatTime(callback.at)}</td>
    <td class="name">
      <span class="mono">${outTradeNo}</span>
      ${outRefundNo === null ? nothing : html`<span class="hint">${t('attempt.refund', { number: outRefundNo })}</span>`}
    </td>
    <td>${attemptName(callback)}</td>
    <td>${answerText(callback)} ${verdictPill(callback)}</td>
    <td>${faultTag(callback.fault)}</td>
  </tr>`;
}
