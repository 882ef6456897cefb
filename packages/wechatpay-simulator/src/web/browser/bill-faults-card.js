import { callControl } from './control.js';
import { t } from './language.js';
import { html, nothing } from './lit.js';
import { page } from './page-state.js';
import { act } from './refresh.js';

/** @import { BillFaults } from './page-state.js' */

const SHARES = /** @type {const} */ (['leaveOut', 'alter', 'add']);
const COUNTS = /** @type {const} */ (['wrongHash', 'cutShort']);

/**
 * What is wrong with trade bills.
 * @param {readonly BillFaults[]} bills
 */
export function billFaultsCard(bills) {
  const merchants = page.merchants ?? [];
  return html`<section class="card" aria-labelledby="bills-title">
    <div class="card-head"><h2 id="bills-title">${t('faults.bills')}</h2></div>
    <p class="hint">${t('faults.billsHint')}</p>
    <form class="fields" @submit=${set}>
      <label ?hidden=${merchants.length < 2}>${t('form.merchant')}
        <select name="mchid">${merchants.map(({ mchid }) => html`<option>${mchid}</option>`)}</select>
      </label>
      <label>${t('faults.billDate')} <input name="billDate" type="date" /></label>
      ${SHARES.map(
        (name) => html`<label>${t(`faults.${name}`)}
          <input name=${name} type="number" min="0" max="100" step="any" .defaultValue=${'0'} required />
        </label>`,
      )}
      ${COUNTS.map(
        (name) => html`<label>${t(`faults.${name}`)}
          <input name=${name} type="number" min="0" max="1000" .defaultValue=${'0'} required />
        </label>`,
      )}
      <div class="form-actions"><button class="primary">${t('faults.setBill')}</button></div>
    </form>
    ${bills.length === 0 ? html`<p class="hint">${t('faults.noBills')}</p>` : html`<ul class="rules">${bills.map(billItem)}</ul>`}
  </section>`;
}

/** @param {BillFaults} bill */
function billItem({ mchid, billDate, wrongHash, cutShort, rates }) {
  const shares = SHARES.filter((name) => (rates?.[name] ?? 0) > 0);
  return html`<li>
    <span class="tag">${billDate ?? t('faults.everyDay')}</span>
    <span class="mono">${mchid}</span>
    ${shares.map((name) => html`<span>${t(`faults.${name}`)}: ${Math.round((rates?.[name] ?? 0) * 100)}</span>`)}
    ${wrongHash === undefined ? nothing : html`<span>${t('faults.wrongHash')}: ${wrongHash}</span>`}
    ${cutShort === undefined ? nothing : html`<span>${t('faults.cutShort')}: ${cutShort}</span>`}
  </li>`;
}

/** @param {SubmitEvent} event */
function set(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  /** @param {string} name */
  const number = (name) => Number(fields.get(name));
  const day = String(fields.get('billDate'));
  const counts = COUNTS.filter((name) => number(name) > 0).map((name) => [name, number(name)]);
  const shares = SHARES.filter((name) => number(name) > 0).map((name) => [name, number(name) / 100]);
  void act(async () => {
    await callControl('PUT', '/faults/bills', {
      mchid: String(fields.get('mchid')),
      ...(day === '' ? {} : { billDate: day }),
      ...Object.fromEntries(counts),
      ...(shares.length === 0 ? {} : { rates: { seed: 'bills', ...Object.fromEntries(shares) } }),
    });
    return t('done');
  });
}
