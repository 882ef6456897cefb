import { callControl } from './control.js';
import { formatInstant } from './format.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { simulatorNow } from './page-state.js';
import { act } from './refresh.js';

/** @import { OutageAnswer } from '../../control/fault-answers.ts' */

const AIMS = ['both', 'api', 'callbacks'];
const MANNERS = ['unavailable', 'refuse', 'hang'];
const MINUTE_MS = 60_000;

/**
 * Outages: begin one, see which are planned, under way or over.
 * @param {readonly OutageAnswer[]} outages
 */
export function outagesCard(outages) {
  return html`<section class="card" aria-labelledby="outages-title">
    <div class="card-head"><h2 id="outages-title">${t('faults.outages')}</h2></div>
    <p class="hint">${t('faults.outagesHint')}</p>
    <form class="fields" @submit=${begin}>
      <label>${t('faults.outageFor')} <input name="minutes" type="number" min="0.1" max="10000" step="any" .defaultValue=${'10'} required /></label>
      <label>${t('faults.outageWhat')}
        <select name="what">${AIMS.map((aim) => html`<option value=${aim}>${textOf('outage', aim)}</option>`)}</select>
      </label>
      <label>${t('faults.outageHow')}
        <select name="how">${MANNERS.map((manner) => html`<option value=${manner}>${textOf('outage', manner)}</option>`)}</select>
      </label>
      <div class="form-actions"><button class="primary">${t('faults.addOutage')}</button></div>
    </form>
    ${outages.length === 0 ? html`<p class="hint">${t('faults.noOutages')}</p>` : html`<ul class="rules">${outages.map(outageItem)}</ul>`}
  </section>`;
}

/** @param {OutageAnswer} outage */
function outageItem({ id, from, until, what, how }) {
  return html`<li>
    <span class="tag">${textOf('outage', what)}</span>
    <span>
      ${formatInstant(from)} – ${formatInstant(until)}
      ${what === 'callbacks' ? nothing : html`· ${t('faults.outageHow')} ${textOf('outage', how)}`}
    </span>
    ${stage(Date.parse(from), Date.parse(until))}
    <button class="quiet" @click=${() => remove(id)}>${t('delete')}</button>
  </li>`;
}

/**
 * @param {number} fromMs
 * @param {number} untilMs
 */
function stage(fromMs, untilMs) {
  const now = simulatorNow();
  if (now < fromMs) return nothing;
  if (now >= untilMs) return html`<span class="hint">${t('faults.outagePast')}</span>`;
  return html`<span class="pill callback-lost">${t('faults.outageNow')}</span>`;
}

/** @param {string} id */
function remove(id) {
  void act(async () => {
    await callControl('DELETE', `/faults/outages/${id}`);
    return undefined;
  });
}

/** @param {SubmitEvent} event */
function begin(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  const fromMs = Math.floor(simulatorNow());
  const untilMs = fromMs + Math.round(Number(fields.get('minutes')) * MINUTE_MS);
  void act(async () => {
    await callControl('POST', '/faults/outages', {
      from: new Date(fromMs).toISOString(),
      until: new Date(untilMs).toISOString(),
      what: fields.get('what'),
      how: fields.get('how'),
    });
    return t('done');
  });
}
