import { callControl } from './control.js';
import { faultNamed, faultOptions } from './fault-names.js';
import { formatInstant, formatYuan } from './format.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { notificationTimeline } from './notification-timeline.js';
import { isPayable, statePill } from './order-state.js';
import { page } from './page-state.js';
import { act, refresh } from './refresh.js';
import { refundsSection } from './refunds-section.js';

/** @import { FullOrder } from '../../control/order-answers.ts' */

/** The chosen order: what it is, its payment, every attempt of its callback, its refunds. */
export function orderDetail() {
  if (page.selected === undefined) return html`<p class="card empty hint">${t('detail.pick')}</p>`;
  const { order } = page;
  if (order === undefined) return html`<p class="card empty">${t('loading')}</p>`;
  return html`<section class="card detail" aria-label=${t('detail.label', { number: order.outTradeNo })}>
    <button class="quiet back" @click=${unselect}>‹ ${t('detail.back')}</button>
    <header>
      <h2 class="mono">${order.outTradeNo}</h2>
      <p class="big">${formatYuan(order.total)} ${statePill(order)}</p>
    </header>
    ${order.transactionId === null ? payForm(order) : nothing} ${facts(order)}
    <h3>${t('detail.callbacks')}</h3>
    ${
      order.notification === null
        ? html`<p class="hint">${t('detail.noCallbacks')}</p>`
        : notificationTimeline(order.outTradeNo, order.notification)
    }
    <h3>${t('detail.refunds')}</h3>
    ${refundsSection(order)}
  </section>`;
}

function unselect() {
  page.selected = undefined;
  void refresh();
}

/** @param {FullOrder} order */
function payForm(order) {
  const late = !isPayable(order);
  return html`<form class="pay-form" @submit=${(/** @type {SubmitEvent} */ event) => pay(event, order, late)}>
    <label>${t('detail.payWith')}
      <select name="fault">
        <option value="">${t('form.noFault')}</option>
        ${faultOptions(page.choices?.callbackFaults ?? [])}
      </select>
    </label>
    <button class="primary">${late ? t('detail.payLate') : t('orders.pay')}</button>
    ${late ? nothing : html`<p class="links">${payerLinks(order)}</p>`}
  </form>`;
}

/** @param {FullOrder} order */
function payerLinks({ codeUrl, prepayId }) {
  if (codeUrl !== null) {
    return html`<a href="/pay/code?code_url=${encodeURIComponent(codeUrl)}" target="_blank" rel="noopener"
      >${t('detail.codePage')}</a
    >`;
  }
  return html`<a href="/pay/h5?prepay_id=${encodeURIComponent(prepayId ?? '')}" target="_blank" rel="noopener"
    >${t('detail.payerPage')}</a
  >`;
}

/**
 * @param {SubmitEvent} event
 * @param {FullOrder} order
 * @param {boolean} late
 */
function pay(event, { mchid, outTradeNo }, late) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  const fault = String(fields.get('fault') ?? '');
  void act(async () => {
    await callControl('POST', `/orders/${encodeURIComponent(outTradeNo)}/pay`, {
      mchid,
      ...(late ? { late } : {}),
      ...(fault === '' ? {} : { faults: [faultNamed(fault)] }),
    });
    return t('orders.paid', { number: outTradeNo });
  });
}

/** @param {FullOrder} order */
function facts(order) {
  /** @type {readonly (readonly [import('./language.js').TextKey, string | null, 'mono'?])[]} */
  const rows = [
    ['form.type', textOf('type', order.tradeType)],
    ['detail.description', order.description],
    ['detail.merchant', order.mchid, 'mono'],
    ['detail.notifyUrl', order.notifyUrl, 'mono'],
    ['detail.transactionId', order.transactionId, 'mono'],
    [
      'detail.payerTotal',
      order.payerTotal === null || order.payerTotal === order.total ? null : formatYuan(order.payerTotal),
    ],
    ['detail.created', formatInstant(order.createdAt)],
    ['detail.paidAt', order.successTime === null ? null : formatInstant(order.successTime)],
    ['detail.closed', order.closedAt === null ? null : formatInstant(order.closedAt)],
    ['detail.expires', order.successTime === null ? formatInstant(order.expiresAt) : null],
  ];
  return html`<dl class="facts">
    ${rows.map(([key, value, style = '']) =>
      value === null ? nothing : html`<div><dt>${t(key)}</dt><dd class=${style}>${value}</dd></div>`,
    )}
  </dl>`;
}
