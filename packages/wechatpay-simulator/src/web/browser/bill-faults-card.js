import { callControl } from './control.js';
import { formatInstant } from './format.js';
import { t } from './language.js';
import { html } from './lit.js';
import { page } from './page-state.js';
import { act } from './refresh.js';

/** @import { BillFaultsAnswer } from '../../control/bill-routes.ts' */

const SHARES = /** @type {const} */ (['leaveOut', 'alter', 'add']);
const ALL_SHARES = /** @type {const} */ (['leaveOut', 'postpone', 'alter', 'add']);
const COUNTS = /** @type {const} */ (['wrongHash', 'cutShort']);
/** Of a kind; a list of a thousand would bury the rest of the page. */
const MAX_NAMED = 5;

/**
 * What is wrong with trade bills.
 * @param {readonly BillFaultsAnswer[]} bills
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

/** @param {BillFaultsAnswer} bill */
function billItem(bill) {
  return html`<li>
    <span class="tag">${bill.billDate ?? t('faults.everyDay')}</span>
    <span class="mono">${bill.mchid}</span>
    ${[...byNumber(bill), ...byShare(bill), ...asWhole(bill)].map((text) => html`<span class="wrap">${text}</span>`)}
  </li>`;
}

/** @param {BillFaultsAnswer} bill */
function byNumber({ leaveOut, postpone, alter, add }) {
  return [
    ...(leaveOut.length === 0 ? [] : [t('faults.leaveOutOf', { numbers: inShort(leaveOut) })]),
    ...(postpone.length === 0 ? [] : [t('faults.postponeOf', { numbers: inShort(postpone) })]),
    ...alter.slice(0, MAX_NAMED).map((alteration) => t('faults.alterOf', alteration)),
    ...more(alter.length),
    ...add
      .slice(0, MAX_NAMED)
      .map(({ outTradeNo, outRefundNo }) => t('faults.addOf', { number: outRefundNo ?? outTradeNo })),
    ...more(add.length),
  ];
}

/** @param {readonly string[]} numbers */
function inShort(numbers) {
  return [...numbers.slice(0, MAX_NAMED), ...more(numbers.length)].join(', ');
}

/** @param {number} count */
function more(count) {
  return count <= MAX_NAMED ? [] : [`… +${count - MAX_NAMED}`];
}

/** @param {BillFaultsAnswer} bill */
function byShare({ rates }) {
  if (rates === undefined) return [];
  return ALL_SHARES.filter((name) => rates[name] > 0).map(
    (name) => `${t(`faults.${name}`)}: ${Math.round(rates[name] * 100)}`,
  );
}

/** @param {BillFaultsAnswer} bill */
function asWhole({ lateUntil, ...counts }) {
  const given = COUNTS.filter((name) => counts[name] !== undefined);
  return [
    ...(lateUntil === undefined ? [] : [t('faults.lateUntil', { time: formatInstant(lateUntil) })]),
    ...given.map((name) => `${t(`faults.${name}`)}: ${counts[name]}`),
  ];
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
