import { ConnectionLostError, callServer } from './control.js';
import { formatYuan } from './format.js';
import { language, setLanguage, t, textOf } from './language.js';
import { html, nothing, render } from './lit.js';

/** @typedef {import('../payable-order.ts').PayableDescription & { phoneUrl: string | null }} Payable */

/** So soon after the payment a shop's page usually knows. */
const POLL_MS = 1_000;
const POLL_TIMEOUT_MS = 5_000;

const root = /** @type {HTMLElement} */ (document.getElementById('page'));
const codeUrl = new URLSearchParams(location.search).get('code_url') ?? '';
const payerPath = `/pay/h5?code_url=${encodeURIComponent(codeUrl)}`;

/** @type {Payable | undefined} */
let order;
/** @type {string | undefined} */
let failure;

void follow();

async function follow() {
  for (;;) {
    if (!document.hidden) await look();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function look() {
  try {
    order = await callServer('GET', `/pay/order?handle=${encodeURIComponent(codeUrl)}`, undefined, POLL_TIMEOUT_MS);
    failure = undefined;
  } catch (error) {
    failure = error instanceof ConnectionLostError ? t('pay.lost') : t('pay.invalid');
  }
  draw();
}

function draw() {
  document.title = t('code.title');
  render(
    html`<main class="code">
      <header>
        <h1>${t('code.title')}</h1>
        ${order === undefined ? nothing : headline(order)}
        ${failure === undefined ? nothing : html`<p class="failure" role="alert">${failure}</p>`}
      </header>
      ${order === undefined || failure !== undefined ? nothing : codes(order)}
      <p class="hint foot">
        ${t('pay.simulated')} <button class="quiet" @click=${switchLanguage}>${t('nav.language')}</button>
      </p>
    </main>`,
    root,
  );
}

function switchLanguage() {
  setLanguage(language() === 'zh' ? 'en' : 'zh');
  draw();
}

/** @param {Payable} order */
function headline(order) {
  return html`<p class="sum">${formatYuan(order.total)}</p>
    <p class="hint">${order.description} · <span class="mono">${order.outTradeNo}</span></p>
    <p role="status"><span class="pill state-${order.state}">${textOf('state', STATE_CODES[order.state])}</span></p>`;
}

const STATE_CODES = { open: 'NOTPAY', paid: 'SUCCESS', closed: 'CLOSED', expired: 'EXPIRED' };

/** @param {Payable} order */
function codes({ state, phoneUrl }) {
  if (state !== 'open') return nothing;
  return html`<div class="codes">
    <section class="card">
      <h2>${t('code.shop')}</h2>
      ${qrCode(codeUrl)}
      <p class="hint mono wrap">${codeUrl}</p>
      <p class="hint">${t('code.shopHint')}</p>
    </section>
    <section class="card">
      <h2>${t('code.phone')}</h2>
      ${phoneUrl === null ? html`<p class="hint">${t('code.phoneAway')}</p>` : phoneCode(`${phoneUrl}${payerPath}`)}
      <a class="button block" href=${payerPath}>${t('code.here')}</a>
    </section>
  </div>`;
}

/** @param {string} url */
function phoneCode(url) {
  return html`${qrCode(url)}
    <p class="hint mono wrap">${url}</p>
    <p class="hint">${t('code.phoneHint')}</p>`;
}

/** @param {string} text */
function qrCode(text) {
  return html`<img class="qr" src="/pay/qr.svg?text=${encodeURIComponent(text)}" alt=${t('code.alt', { text })} />`;
}
