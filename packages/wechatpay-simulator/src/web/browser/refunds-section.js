import { callControl } from './control.js';
import { formatYuan, parseYuan } from './format.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { notificationTimeline } from './notification-timeline.js';
import { act, say } from './refresh.js';

/** @import { FullOrder, RefundAnswer } from '../../control/order-answers.ts' */

const FINAL_STATES = ['SUCCESS', 'ABNORMAL', 'CLOSED'];

/**
 * The refunds of an order with their callbacks, and a new one by hand.
 * @param {FullOrder} order
 */
export function refundsSection(order) {
  const left = order.total - sumOf(order.refunds.filter(({ status }) => status !== 'CLOSED'));
  return html`
    ${order.refunds.length === 0 ? html`<p class="hint">${t('detail.noRefunds')}</p>` : order.refunds.map(refundItem)}
    ${order.transactionId === null || left <= 0 ? nothing : refundForm(order, left)}
  `;
}

/** @param {readonly RefundAnswer[]} refunds */
function sumOf(refunds) {
  return refunds.reduce((sum, { refund }) => sum + refund, 0);
}

/** @param {RefundAnswer} refund */
function refundItem(refund) {
  const canSettle = refund.status === 'PROCESSING' || refund.status === 'ABNORMAL';
  return html`<article class="refund" data-refund=${refund.outRefundNo}>
    <p>
      <span class="mono">${refund.outRefundNo}</span> ${formatYuan(refund.refund)}
      <span class="pill refund-${refund.status}">${textOf('refund', refund.status)}</span>
    </p>
    ${canSettle ? settleButtons(refund) : nothing}
    ${refund.notification === null ? nothing : notificationTimeline(refund.outTradeNo, refund.notification)}
  </article>`;
}

/** @param {RefundAnswer} refund */
function settleButtons({ mchid, outRefundNo, status }) {
  return html`<div class="steps" role="group" aria-label=${t('refund.settle')}>
    <span class="hint">${t('refund.settle')}</span>
    ${FINAL_STATES.filter((end) => end !== status).map(
      (end) => html`<button @click=${() => settle(mchid, outRefundNo, end)}>${textOf('refund', end)}</button>`,
    )}
  </div>`;
}

/**
 * @param {string} mchid
 * @param {string} outRefundNo
 * @param {string} status
 */
function settle(mchid, outRefundNo, status) {
  void act(async () => {
    await callControl('POST', `/refunds/${encodeURIComponent(outRefundNo)}/settle`, { mchid, status });
    return undefined;
  });
}

/**
 * @param {FullOrder} order
 * @param {number} left
 */
function refundForm(order, left) {
  const number = `R_${order.outTradeNo}_${order.refunds.length + 1}`;
  return html`<form class="fields refund-form" @submit=${(/** @type {SubmitEvent} */ event) => refund(event, order)}>
    <label>${t('detail.refundNumber')} <input class="mono" name="outRefundNo" .defaultValue=${number} maxlength="64" required /></label>
    <label>${t('detail.refundAmount')} <input name="amount" inputmode="decimal" .defaultValue=${formatYuan(left).replaceAll(/[¥,]/g, '')} required /></label>
    <div class="form-actions"><button>${t('detail.refund')}</button></div>
  </form>`;
}

/**
 * @param {SubmitEvent} event
 * @param {FullOrder} order
 */
function refund(event, { mchid, outTradeNo }) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  const amount = parseYuan(String(fields.get('amount')));
  if (amount === undefined) {
    say('error', t('form.amountWrong'));
    return;
  }
  void act(async () => {
    const outRefundNo = String(fields.get('outRefundNo'));
    await callControl('POST', '/refunds', { mchid, outTradeNo, outRefundNo, refund: amount });
    return t('detail.refunded');
  });
}
