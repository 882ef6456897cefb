import { callControl } from './control.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { act } from './refresh.js';

/**
 * @import { RatesAnswer } from '../../control/fault-answers.ts'
 * @import { Choices } from '../../control/live-routes.ts'
 */

const GROUPS = /** @type {const} */ (['callbackFaults', 'paymentFaults', 'refundFaults']);

/**
 * Faults by chance: a slider each, in percent.
 * @param {RatesAnswer | null} rates Those in force.
 * @param {Choices} choices
 */
export function ratesCard(rates, choices) {
  const inForce = rates !== null && Object.values(rates.rates).some((share) => share > 0);
  return html`<section class="card" aria-labelledby="rates-title">
    <div class="card-head">
      <h2 id="rates-title">${t('faults.rates')}</h2>
      ${inForce ? html`<span class="pill callback-lost">${t('faults.inForce')}</span>` : nothing}
    </div>
    <p class="hint">${t('faults.ratesHint')}</p>
    <form @submit=${apply} @reset=${clear}>
      <div class="fields">
        <label>${t('faults.seed')} <input name="seed" maxlength="200" .defaultValue=${rates?.seed ?? 'chance'} required /></label>
        <label>${t('faults.attempts')} <input name="attempts" type="number" min="1" max="16" .defaultValue=${String(rates?.attempts ?? 1)} required /></label>
      </div>
      ${GROUPS.map((group) => sliders(group, choices[group], rates))}
      <div class="form-actions">
        <button type="reset" class="quiet">${t('faults.clear')}</button>
        <button class="primary">${t('faults.apply')}</button>
      </div>
    </form>
  </section>`;
}

/**
 * @param {(typeof GROUPS)[number]} group
 * @param {readonly string[]} names
 * @param {RatesAnswer | null} rates
 */
function sliders(group, names, rates) {
  /** @type {Readonly<Record<string, number>>} */
  const shares = rates?.rates ?? {};
  return html`<fieldset class="sliders">
    <legend>${t(`faults.group.${group}`)}</legend>
    ${names.map((name) => slider(name, Math.round((shares[name] ?? 0) * 100)))}
  </fieldset>`;
}

/**
 * @param {string} name
 * @param {number} percent
 */
function slider(name, percent) {
  return html`<div class="slider">
    <label for="rate-${name}" title=${name}>${textOf('fault', name)}</label>
    <input id="rate-${name}" type="range" min="0" max="100" .defaultValue=${String(percent)} @input=${copyToNumber} />
    <input
      name=${name}
      data-rate
      type="number"
      min="0"
      max="100"
      step="any"
      aria-label="${textOf('fault', name)} (%)"
      .defaultValue=${String(percent)}
      @input=${copyToSlider}
    />
    <span class="hint" aria-hidden="true">%</span>
  </div>`;
}

/** @param {InputEvent} event */
function copyToNumber(event) {
  const slider = /** @type {HTMLInputElement} */ (event.currentTarget);
  const number = slider.nextElementSibling;
  if (number instanceof HTMLInputElement) number.value = slider.value;
}

/** @param {InputEvent} event */
function copyToSlider(event) {
  const number = /** @type {HTMLInputElement} */ (event.currentTarget);
  const slider = number.previousElementSibling;
  if (slider instanceof HTMLInputElement) slider.value = number.value;
}

/** @param {SubmitEvent} event */
function apply(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  const shares = rateInputs(form).map(({ name, value }) => [name, Number(value) / 100]);
  send(form, Object.fromEntries(shares.filter(([, share]) => Number(share) > 0)));
}

/** @param {Event} event */
function clear(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  for (const input of rateInputs(form)) {
    input.value = '0';
    if (input.previousElementSibling instanceof HTMLInputElement) input.previousElementSibling.value = '0';
  }
  send(form, {});
}

/** @param {HTMLFormElement} form */
function rateInputs(form) {
  return [...form.querySelectorAll('input')].filter((input) => input.dataset.rate !== undefined);
}

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, unknown>} rates
 */
function send(form, rates) {
  const fields = new FormData(form);
  void act(async () => {
    await callControl('PUT', '/faults/rates', {
      seed: String(fields.get('seed')),
      attempts: Number(fields.get('attempts')),
      rates,
    });
    return t('faults.applied');
  });
}
