import { callControl } from './control.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { page } from './page-state.js';
import { act, redrawNow } from './refresh.js';

/**
 * @import { ApiFaultRuleAnswer } from '../../control/fault-answers.ts'
 * @import { Choices } from '../../control/live-routes.ts'
 */

const KINDS = [
  'slow',
  'hang',
  'cut',
  'error',
  'accepted_202',
  'html_404',
  'empty_404',
  'unsigned',
  'wrongly_signed',
  'unknown_serial',
  'signtest',
  'clock_off',
];
const KINDS_WITH_MS = ['slow', 'clock_off'];
/** More than any client waits for a slow answer, and more than the 300 s a timestamp may be off. */
const DEFAULT_MS = /** @type {Readonly<Record<string, number>>} */ ({ slow: 8_000, clock_off: 600_000 });

/**
 * Rules by which calls of the API go wrong.
 * @param {readonly ApiFaultRuleAnswer[]} rules
 * @param {Choices} choices
 */
export function apiFaultsCard(rules, choices) {
  return html`<section class="card" aria-labelledby="api-faults-title">
    <div class="card-head"><h2 id="api-faults-title">${t('faults.api')}</h2></div>
    <p class="hint">${t('faults.apiHint')}</p>
    <form class="fields" @submit=${add}>
      <label>${t('faults.operation')}
        <select name="operation">
          <option value="">${t('faults.allOperations')}</option>
          ${choices.operations.map((operation) => html`<option value=${operation}>${textOf('operation', operation)}</option>`)}
        </select>
      </label>
      <label>${t('faults.kind')}
        <select name="kind" @change=${chooseKind}>
          ${KINDS.map((kind) => html`<option value=${kind} ?selected=${kind === page.apiFaultKind}>${textOf('api', kind)}</option>`)}
        </select>
      </label>
      ${ofKind(choices)}
      <label>${t('faults.share')} <input name="percent" type="number" min="0" max="100" step="any" .defaultValue=${'100'} required /></label>
      <label>${t('faults.times')} <input name="times" type="number" min="1" placeholder=${t('faults.unlimited')} /></label>
      <label class="wide">${t('faults.effect')}
        <select name="effect">
          <option value="">${t('faults.effect.default')}</option>
          <option value="before">${t('faults.effect.before')}</option>
          <option value="after">${t('faults.effect.after')}</option>
        </select>
      </label>
      <div class="form-actions"><button class="primary">${t('faults.addRule')}</button></div>
    </form>
    ${rules.length === 0 ? html`<p class="hint">${t('faults.noRules')}</p>` : html`<ul class="rules">${rules.map(ruleItem)}</ul>`}
  </section>`;
}

/** @param {Choices} choices */
function ofKind(choices) {
  if (page.apiFaultKind === 'error') {
    return html`<label>${t('faults.code')}
      <select name="code">${choices.errorCodes.map((code) => html`<option>${code}</option>`)}</select>
    </label>`;
  }
  if (!KINDS_WITH_MS.includes(page.apiFaultKind)) return nothing;
  return html`<label>${t('faults.ms')}
    <input name="ms" type="number" .defaultValue=${String(DEFAULT_MS[page.apiFaultKind])} required />
  </label>`;
}

/** @param {Event} event */
function chooseKind(event) {
  page.apiFaultKind = /** @type {HTMLSelectElement} */ (event.currentTarget).value;
  redrawNow();
}

/** @param {ApiFaultRuleAnswer} rule */
function ruleItem({ id, operations, rate, times, effect, fault, applied }) {
  const what = fault.kind === 'error' ? fault.code : textOf('api', fault.kind);
  return html`<li>
    <span class="tag">${what}</span>
    <span>
      ${operations?.map((operation) => textOf('operation', operation)).join(', ') ?? t('faults.allOperations')} ·
      ${Math.round(rate * 100)} % ${times === null ? nothing : `· ≤ ${times}×`}
      · ${t('faults.effect')} ${t(`faults.effect.${effect}`)}
    </span>
    <span class="hint">${t('faults.befallen', { count: applied })}</span>
    <button class="quiet" @click=${() => remove(id)}>${t('delete')}</button>
  </li>`;
}

/** @param {string} id */
function remove(id) {
  void act(async () => {
    await callControl('DELETE', `/faults/api/${id}`);
    return undefined;
  });
}

/** @param {SubmitEvent} event */
function add(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  /** @param {string} name */
  const text = (name) => String(fields.get(name) ?? '');
  void act(async () => {
    await callControl('POST', '/faults/api', {
      ...(text('operation') === '' ? {} : { operations: [text('operation')] }),
      ...(text('times') === '' ? {} : { times: Number(text('times')) }),
      ...(text('effect') === '' ? {} : { effect: text('effect') }),
      rate: Number(text('percent')) / 100,
      fault: {
        kind: text('kind'),
        ...(text('code') === '' ? {} : { code: text('code') }),
        ...(text('ms') === '' ? {} : { ms: Number(text('ms')) }),
      },
    });
    return t('done');
  });
}
