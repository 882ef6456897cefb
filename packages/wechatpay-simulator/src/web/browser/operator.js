import { clockBar } from './clock-bar.js';
import { faultsView } from './faults-view.js';
import { formatCount, formatTime } from './format.js';
import { language, setLanguage, t } from './language.js';
import { html, nothing, render } from './lit.js';
import { merchantsView } from './merchants-view.js';
import { ordersView } from './orders-view.js';
import { page } from './page-state.js';
import { keepFresh, redrawNow, refresh } from './refresh.js';

/** Countdowns go on between two answers. */
const TICK_MS = 250;
/** Good news need not be waved away. */
const NOTICE_MS = 6_000;

/** @type {readonly import('./page-state.js').Section[]} */
const SECTIONS = ['orders', 'faults', 'merchants'];

const root = /** @type {HTMLElement} */ (document.getElementById('page'));
let noticeShown = page.notice;
let noticeSince = 0;

readSection();
addEventListener('hashchange', () => {
  readSection();
  void refresh();
});
setInterval(draw, TICK_MS);
draw();
void keepFresh(draw);

function readSection() {
  page.section = SECTIONS.find((section) => location.hash === `#${section}`) ?? 'orders';
}

function draw() {
  ageNotice();
  document.title = t('title');
  render(shell(), root);
}

function shell() {
  return html`
    <header class="top">
      <h1>
        <a class="brand" href="#orders"><img src="/web/icon.svg" alt="" width="28" height="28" />${t('title')}</a>
      </h1>
      <nav aria-label=${t('nav.label')}>
        ${SECTIONS.map(
          (section) => html`<a href="#${section}" aria-current=${page.section === section ? 'page' : 'false'}
            >${t(`nav.${section}`)}</a
          >`,
        )}
        <a href="/control/docs">${t('nav.docs')}</a>
      </nav>
      <button class="quiet language" lang=${language() === 'zh' ? 'en' : 'zh-CN'} @click=${switchLanguage}>
        ${t('nav.language')}
      </button>
    </header>
    ${connectionBanner()} ${page.live === undefined ? loading() : content(page.live)}
    <div class="notices" role="status" aria-live="polite">${noticeBox()}</div>
  `;
}

function switchLanguage() {
  setLanguage(language() === 'zh' ? 'en' : 'zh');
  redrawNow();
}

function connectionBanner() {
  if (!page.isLost) return nothing;
  const text = page.live === undefined ? t('never') : t('lost', { time: formatTime(page.live.clock.nowMs) });
  return html`<p class="banner" role="alert">${text}</p>`;
}

function loading() {
  return html`<main class="loading" aria-busy="true"><p>${page.isLost ? nothing : t('loading')}</p></main>`;
}

/** @param {import('../../control/live-routes.ts').Live} live */
function content(live) {
  return html`
    <div class="bars">${clockBar(live.clock)} ${summaryStrip(live.summary)}</div>
    <main class=${page.isLost ? 'stale' : ''}>${sectionView(live)}</main>
  `;
}

/** @param {import('../../control/live-routes.ts').Live} live */
function sectionView(live) {
  switch (page.section) {
    case 'orders':
      return ordersView(live);
    case 'faults':
      return faultsView(live);
    case 'merchants':
      return merchantsView();
  }
}

/** @param {import('../../control/live-routes.ts').Live['summary']} summary */
function summaryStrip(summary) {
  const counts = /** @type {const} */ (['orders', 'pending', 'delivered', 'givenUp', 'lost']);
  return html`<section class="card counts" aria-label=${t('summary.label')}>
    <dl class="summary">
    ${counts.map(
      (name) => html`<div class="count-${name}">
        <dt>${t(`summary.${name}`)}</dt>
        <dd>${formatCount(summary[name])}</dd>
      </div>`,
    )}
  </dl></section>`;
}

function noticeBox() {
  if (page.notice === undefined) return nothing;
  return html`<p class="notice ${page.notice.kind}">
    <span>${page.notice.text}</span>
    <button class="quiet" aria-label=${t('dismiss')} @click=${dismiss}>×</button>
  </p>`;
}

function dismiss() {
  page.notice = undefined;
  redrawNow();
}

function ageNotice() {
  if (page.notice !== noticeShown) {
    noticeShown = page.notice;
    noticeSince = performance.now();
  }
  if (page.notice?.kind === 'done' && performance.now() - noticeSince > NOTICE_MS) page.notice = undefined;
}
