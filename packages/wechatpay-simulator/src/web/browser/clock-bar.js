import { callControl } from './control.js';
import { formatDay, formatTime } from './format.js';
import { t } from './language.js';
import { html, nothing } from './lit.js';
import { page, simulatorNow } from './page-state.js';
import { act, redrawNow } from './refresh.js';

const STEPS = /** @type {const} */ ([
  ['15s', 15_000],
  ['3min', 180_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
]);

/**
 * The simulated time, and what moves it.
 * @param {import('../../control/clock-answer.ts').ClockAnswer} clock
 */
export function clockBar(clock) {
  const now = simulatorNow();
  return html`<section class="clock card" aria-label=${t('clock.label')}>
    <div class="time">
      <time datetime=${new Date(now).toISOString()}>${formatTime(now)}</time>
      <span>${formatDay(now)} · ${t('clock.beijing')} <span class="pill">${t(`clock.mode.${clock.mode}`)}</span></span>
    </div>
    ${clock.mode === 'real' ? html`<p class="hint">${t('clock.realHint')}</p>` : controls(clock)}
  </section>`;
}

/** @param {import('../../control/clock-answer.ts').ClockAnswer} clock */
function controls(clock) {
  return html`<div class="controls">
    <div class="steps" role="group" aria-label=${t('clock.advance')}>
      <span class="hint">${page.isAdvancing ? t('clock.advancing') : t('clock.advance')}</span>
      ${STEPS.map(
        ([name, ms]) => html`<button ?disabled=${page.isAdvancing} @click=${() => advance(ms)}>
          ${t(`clock.plus.${name}`)}
        </button>`,
      )}
    </div>
    ${clock.mode === 'accelerated' ? speedForm(clock.speed) : nothing}
  </div>`;
}

/** @param {number} speed */
function speedForm(speed) {
  return html`<form class="speed" @submit=${setSpeed}>
    <label>${t('clock.speed')} <input name="speed" type="number" min="0" max="86400" step="any" .defaultValue=${String(speed)} required /></label>
    <span class="hint">${t('clock.speed.unit')}</span>
    <button>${t('clock.set')}</button>
  </form>`;
}

/** @param {number} ms */
async function advance(ms) {
  page.isAdvancing = true;
  redrawNow();
  await act(async () => {
    await callControl('POST', '/clock/advance', { ms });
    return undefined;
  });
  page.isAdvancing = false;
  redrawNow();
}

/** @param {SubmitEvent} event */
function setSpeed(event) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  void act(async () => {
    await callControl('PUT', '/clock', { speed: Number(form.get('speed')) });
    return t('done');
  });
}
