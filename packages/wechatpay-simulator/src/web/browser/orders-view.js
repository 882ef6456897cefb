import { callbackState } from './callback-state.js';
import { callbacksCard } from './callbacks-card.js';
import { callControl } from './control.js';
import { formatYuan } from './format.js';
import { t, textOf } from './language.js';
import { live as asShown, html, nothing, repeat } from './lit.js';
import { newOrderForm } from './new-order-form.js';
import { orderDetail } from './order-detail.js';
import { isPayable, statePill } from './order-state.js';
import { isSelected, page } from './page-state.js';
import { act, redrawNow, refresh } from './refresh.js';

/**
 * @import { Live } from '../../control/live-routes.ts'
 * @import { ShownOrder } from '../../control/order-answers.ts'
 */

/**
 * The orders, newest first, the callbacks as they go out, and the chosen order.
 * @param {Live} live
 */
export function ordersView(live) {
  return html`<div class="orders ${page.selected === undefined ? '' : 'has-selection'}">
    <div class="lists">
      <section class="card" aria-labelledby="orders-title">
        <div class="card-head">
          <h2 id="orders-title">${t('orders.title')}</h2>
          <input
            type="search"
            aria-label=${t('orders.search')}
            placeholder=${t('orders.search')}
            maxlength="64"
            .value=${asShown(page.search)}
            @input=${search}
          />
          <button class="primary" aria-expanded=${page.isCreating} @click=${toggleForm}>${t('orders.new')}</button>
        </div>
        ${page.isCreating ? newOrderForm(live.defaultNotifyUrl) : nothing}
        ${live.orders.length === 0 ? emptyOrders() : orderTable(live.orders)} ${pager(live)}
      </section>
      ${callbacksCard(live.callbacks)}
    </div>
    <div class="chosen">${orderDetail()}</div>
  </div>`;
}

function emptyOrders() {
  if (page.search !== '') return html`<p class="empty">${t('orders.noMatch', { search: page.search })}</p>`;
  return html`<div class="empty">
    <p>${t('orders.empty')}</p>
    <p class="hint">${t('orders.emptyHint')}</p>
  </div>`;
}

/** @param {readonly ShownOrder[]} orders */
function orderTable(orders) {
  return html`<table class="order-table">
    <thead>
      <tr>
        <th scope="col">${t('orders.column.order')}</th>
        <th scope="col" class="number">${t('orders.column.amount')}</th>
        <th scope="col">${t('orders.column.state')}</th>
        <th scope="col">${t('orders.column.callback')}</th>
        <th scope="col"><span class="unseen">${t('orders.column.action')}</span></th>
      </tr>
    </thead>
    <tbody>
      ${repeat(orders, ({ mchid, outTradeNo }) => `${mchid}:${outTradeNo}`, orderRow)}
    </tbody>
  </table>`;
}

/** @param {ShownOrder} order */
function orderRow(order) {
  const { outTradeNo } = order;
  return html`<tr class=${isSelected(order) ? 'selected' : ''} data-order=${outTradeNo}>
    <th scope="row" class="name">
      <button class="link mono" aria-pressed=${isSelected(order)} @click=${() => select(order)}>${outTradeNo}</button>
      <span class="hint">${textOf('type', order.tradeType)} · ${order.description}</span>
    </th>
    <td class="number amount">${formatYuan(order.total)}</td>
    <td class="state">
      ${statePill(order)} ${order.refunded === 0 ? nothing : html`<span class="hint">${formatYuan(order.refunded)}</span>`}
    </td>
    <td class="callback">${callbackState(order)}</td>
    <td class="action">${isPayable(order) ? payButton(order) : nothing}</td>
  </tr>`;
}

/** @param {ShownOrder} order */
function payButton({ mchid, outTradeNo }) {
  return html`<button
    aria-label=${t('orders.payOne', { number: outTradeNo })}
    @click=${() =>
      act(async () => {
        await callControl('POST', `/orders/${encodeURIComponent(outTradeNo)}/pay`, { mchid });
        return t('orders.paid', { number: outTradeNo });
      })}
  >
    ${t('orders.pay')}
  </button>`;
}

/** @param {Live} live */
function pager(live) {
  if (page.before === undefined && live.next === null) return nothing;
  return html`<div class="pager">
    <button class="quiet" ?disabled=${page.before === undefined} @click=${() => turnTo(undefined)}>
      ${t('orders.newest')}
    </button>
    <button class="quiet" ?disabled=${live.next === null} @click=${() => turnTo(live.next ?? undefined)}>
      ${t('orders.older')}
    </button>
  </div>`;
}

/** @param {number | undefined} before */
function turnTo(before) {
  page.before = before;
  void refresh();
}

/** @param {InputEvent} event */
function search(event) {
  page.search = /** @type {HTMLInputElement} */ (event.currentTarget).value.trim();
  page.before = undefined;
  void refresh();
}

function toggleForm() {
  page.isCreating = !page.isCreating;
  redrawNow();
}

/** @param {ShownOrder} order */
function select({ mchid, outTradeNo }) {
  page.selected = isSelected({ mchid, outTradeNo }) ? undefined : { mchid, outTradeNo };
  page.order = undefined;
  void refresh();
}
