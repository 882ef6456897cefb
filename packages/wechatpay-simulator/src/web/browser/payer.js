import { ConnectionLostError, callServer } from './control.js';
import { formatInstant, formatYuan } from './format.js';
import { language, setLanguage, t } from './language.js';
import { html, nothing, render } from './lit.js';

/** @typedef {import('../payable-order.ts').PayableDescription} Payable */
/** @typedef {'loading' | 'invalid' | 'unreachable' | 'shown' | 'cancelled' | 'paying' | 'done'} Stage */

/** The order may be paid or closed elsewhere while this page is open. */
const POLL_MS = 2_000;
const POLL_TIMEOUT_MS = 5_000;

const root = /** @type {HTMLElement} */ (document.getElementById('page'));
const query = new URLSearchParams(location.search);
const handle = query.get('prepay_id') ?? query.get('code_url') ?? '';

/** @type {Stage} */
let stage = 'loading';
/** @type {Payable | undefined} */
let order;
/** @type {string | undefined} */
let failure;

draw();
void look();
setInterval(() => {
  if (!document.hidden && (stage === 'shown' || stage === 'unreachable')) void look();
}, POLL_MS);

async function look() {
  try {
    const answer = await callServer(
      'GET',
      `/pay/order?handle=${encodeURIComponent(handle)}`,
      undefined,
      POLL_TIMEOUT_MS,
    );
    if (stage === 'paying' || stage === 'cancelled' || stage === 'done') return;
    order = answer;
    stage = 'shown';
  } catch (error) {
    stage = error instanceof ConnectionLostError ? 'unreachable' : 'invalid';
  }
  draw();
}

async function pay() {
  stage = 'paying';
  failure = undefined;
  draw();
  try {
    order = await callServer('POST', '/pay/order', { handle });
    stage = 'done';
  } catch (error) {
    failure =
      error instanceof ConnectionLostError
        ? t('pay.lost')
        : t('pay.failed', { error: error instanceof Error ? error.message : '' });
    stage = 'shown';
  }
  draw();
}

function cancel() {
  stage = 'cancelled';
  draw();
}

function payAfterAll() {
  stage = 'loading';
  draw();
  void look();
}

function draw() {
  document.title = t('pay.title');
  render(
    html`<main class="payer">
        <section class="sheet" aria-live="polite">${sheet()}</section>
        <p class="hint foot">
          ${t('pay.simulated')}
          <button class="quiet" @click=${switchLanguage}>${t('nav.language')}</button>
        </p>
      </main>`,
    root,
  );
}

function switchLanguage() {
  setLanguage(language() === 'zh' ? 'en' : 'zh');
  draw();
}

function sheet() {
  if (stage === 'loading') return html`<p class="empty" aria-busy="true">${t('loading')}</p>`;
  if (stage === 'unreachable') return verdict('warn', t('pay.lost'), nothing);
  if (stage === 'invalid' || order === undefined) return verdict('warn', t('pay.invalid'), t('pay.invalidHint'));
  if (stage === 'cancelled') return cancelledSheet(order);
  switch (order.state) {
    case 'paid':
      return paidSheet(order);
    case 'closed':
      return verdict('warn', t('pay.closed'), t('pay.closedHint'));
    case 'expired':
      return verdict('warn', t('pay.expired'), t('pay.expiredHint'));
    case 'open':
      return payableSheet(order);
  }
}

/** @param {Payable} order */
function payableSheet(order) {
  return html`
    <h1>${t('pay.title')}</h1>
    <p class="sum">${formatYuan(order.total)}</p>
    <p class="hint">${t('pay.to', { mchid: order.mchid })}</p>
    <dl class="facts">
      <div><dt>${t('pay.goods')}</dt><dd>${order.description}</dd></div>
      <div><dt>${t('pay.order')}</dt><dd class="mono">${order.outTradeNo}</dd></div>
      <div><dt>${t('pay.until')}</dt><dd>${formatInstant(order.expiresAt)}</dd></div>
    </dl>
    ${failure === undefined ? nothing : html`<p class="failure" role="alert">${failure}</p>`}
    <button class="primary block" ?disabled=${stage === 'paying'} @click=${pay}>
      ${stage === 'paying' ? t('pay.paying') : t('pay.button', { amount: formatYuan(order.total) })}
    </button>
    <button class="quiet block" ?disabled=${stage === 'paying'} @click=${cancel}>${t('pay.cancel')}</button>
  `;
}

/** @param {Payable} order */
function paidSheet(order) {
  return html`
    ${verdict('good', stage === 'done' ? t('pay.done') : t('pay.alreadyPaid'), nothing)}
    <p class="sum">${formatYuan(order.total)}</p>
    <dl class="facts">
      <div><dt>${t('pay.goods')}</dt><dd>${order.description}</dd></div>
      <div><dt>${t('pay.order')}</dt><dd class="mono">${order.outTradeNo}</dd></div>
      <div><dt>${t('pay.transaction')}</dt><dd class="mono">${order.transactionId}</dd></div>
    </dl>
    ${backLink()}
  `;
}

/** @param {Payable} order */
function cancelledSheet(order) {
  return html`
    ${verdict('warn', t('pay.cancelled'), t('pay.cancelledHint', { time: formatInstant(order.expiresAt) }))}
    <button class="primary block" @click=${payAfterAll}>${t('pay.again')}</button>
    ${backLink()}
  `;
}

/**
 * @param {'good' | 'warn'} kind
 * @param {string} title
 * @param {string | typeof nothing} text
 */
function verdict(kind, title, text) {
  return html`<div class="verdict ${kind}">
    <span class="mark" aria-hidden="true">${kind === 'good' ? '✓' : '!'}</span>
    <h1>${title}</h1>
    <p class="hint">${text}</p>
  </div>`;
}

/** Merchants append redirect_url to the h5_url, to have the payer back. */
function backLink() {
  const url = URL.parse(query.get('redirect_url') ?? '');
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return nothing;
  return html`<a class="button block" href=${url.href}>${t('pay.back')}</a>`;
}
