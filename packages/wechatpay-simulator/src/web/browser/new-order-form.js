import { callControl } from './control.js';
import { faultNamed, faultOptions } from './fault-names.js';
import { parseYuan } from './format.js';
import { t, textOf } from './language.js';
import { html } from './lit.js';
import { page } from './page-state.js';
import { act, redrawNow, say } from './refresh.js';

const TRADE_TYPES = ['NATIVE', 'JSAPI', 'APP', 'MWEB'];
const NUMBER_RULE = '[0-9A-Za-z_*\\-\\|]{6,32}';

/**
 * A new order, by hand, and what is to go wrong with it.
 * @param {string | null} defaultNotifyUrl
 */
export function newOrderForm(defaultNotifyUrl) {
  const merchants = page.merchants ?? [];
  const { callbackFaults = [], paymentFaults = [], refundFaults = [] } = page.choices ?? {};
  return html`<form class="fields new-order" @submit=${create}>
    <label>${t('form.number')} <input class="mono" name="outTradeNo" .defaultValue=${suggestNumber()} pattern=${NUMBER_RULE} required /></label>
    <label>${t('form.amount')} <input name="amount" inputmode="decimal" .defaultValue=${'1.00'} required /></label>
    <label>${t('form.type')}
      <select name="tradeType">${TRADE_TYPES.map((type) => html`<option value=${type}>${textOf('type', type)}</option>`)}</select>
    </label>
    <label ?hidden=${merchants.length < 2}>${t('form.merchant')}
      <select name="mchid">${merchants.map(({ mchid }) => html`<option>${mchid}</option>`)}</select>
    </label>
    <label class="wide">${t('form.notifyUrl')}
      <input
        name="notifyUrl"
        type="url"
        placeholder=${defaultNotifyUrl === null ? 'http://127.0.0.1:3000/callback' : t('form.notifyDefault', { url: defaultNotifyUrl })}
        ?required=${defaultNotifyUrl === null}
      />
    </label>
    <label>${t('form.description')} <input name="description" maxlength="127" /></label>
    <label>${t('form.fault')}
      <select name="fault">
        <option value="">${t('form.noFault')}</option>
        <optgroup label=${t('faults.group.callbackFaults')}>${faultOptions(callbackFaults)}</optgroup>
        <optgroup label=${t('faults.group.paymentFaults')}>${faultOptions(paymentFaults)}</optgroup>
        <optgroup label=${t('faults.group.refundFaults')}>${faultOptions(refundFaults)}</optgroup>
      </select>
    </label>
    <div class="form-actions">
      <button type="button" class="quiet" @click=${close}>${t('form.cancel')}</button>
      <button class="primary">${t('form.create')}</button>
    </div>
  </form>`;
}

/** Changes with each order made, so that the form can be sent again at once. */
let ordersMade = 0;
const FIRST_NUMBER = Date.now();

function suggestNumber() {
  return `ORDER_${FIRST_NUMBER + ordersMade}`;
}

/** @param {SubmitEvent} event */
function create(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  const fields = new FormData(form);
  /** @param {string} name */
  const text = (name) => String(fields.get(name) ?? '').trim();
  const total = parseYuan(text('amount'));
  if (total === undefined) {
    say('error', t('form.amountWrong'));
    return;
  }
  const [outTradeNo, mchid, fault] = [text('outTradeNo'), text('mchid'), text('fault')];
  void act(async () => {
    // Before the order: some faults begin with its creation.
    if (fault !== '') {
      await callControl('POST', `/faults/${encodeURIComponent(outTradeNo)}`, { faults: [faultNamed(fault)] });
    }
    const optional = { notifyUrl: text('notifyUrl'), description: text('description') };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== ''));
    await callControl('POST', '/orders', { outTradeNo, total, mchid, tradeType: text('tradeType'), ...given });
    ordersMade += 1;
    const number = form.elements.namedItem('outTradeNo');
    if (number instanceof HTMLInputElement) number.value = suggestNumber();
    page.before = undefined;
    return t('form.created', { number: outTradeNo });
  });
}

function close() {
  page.isCreating = false;
  redrawNow();
}
