import { copyText } from './copy-text.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { page } from './page-state.js';
import { act } from './refresh.js';

/** @import { MerchantAnswer } from '../../control/merchant-answer.ts' */

/** What a merchant's system needs to be set up, ready to be copied. */
export function merchantsView() {
  const { merchants } = page;
  if (merchants === undefined) return html`<p class="card empty">${t('loading')}</p>`;
  return html`<div class="merchants">
    <p class="hint">${t('merchants.hint')}</p>
    ${merchants.map(merchantCard)}
  </div>`;
}

/** @param {MerchantAnswer} merchant */
function merchantCard(merchant) {
  return html`<section class="card merchant" aria-label=${merchant.mchid}>
    <div class="card-head">
      <h2 class="mono">${merchant.mchid}</h2>
      <span class="pill">${t('merchants.mode')}: ${textOf('merchants.mode', merchant.mode)}</span>
    </div>
    <dl class="facts">
      ${fact('mchid', merchant.mchid)} ${fact('appid', merchant.appid)}
      ${fact(t('merchants.serialNo'), merchant.serialNo)} ${fact(t('merchants.apiV3Key'), merchant.apiV3Key)}
      ${merchant.mode === 'public-key' ? nothing : fact(t('merchants.platformSerial'), merchant.platform.serial)}
      ${fact(t('merchants.publicKeyId'), merchant.publicKey.id)} ${fact(t('merchants.apiUrl'), location.origin)}
    </dl>
    ${pem(t('merchants.privateKeyPem'), merchant.privateKeyPem)}
    ${pem(t('merchants.certificatePem'), merchant.certificatePem)}
    ${merchant.mode === 'public-key' ? nothing : pem(t('merchants.platformPem'), merchant.platform.certificatePem)}
    ${pem(t('merchants.publicKeyPem'), merchant.publicKey.publicKeyPem)}
    ${pem(t('merchants.rootCaPem'), merchant.rootCaPem)}
  </section>`;
}

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  return html`<div>
    <dt>${name}</dt>
    <dd class="mono">${value} ${copyButton(name, value)}</dd>
  </div>`;
}

/**
 * @param {string} name
 * @param {string} text
 */
function pem(name, text) {
  return html`<details>
    <summary>${name}</summary>
    ${copyButton(name, text)}
    <pre class="mono" tabindex="0">${text.trim()}</pre>
  </details>`;
}

/**
 * @param {string} name
 * @param {string} text
 */
function copyButton(name, text) {
  return html`<button
    class="quiet copy"
    aria-label="${t('copy')}: ${name}"
    @click=${() =>
      act(async () => {
        await copyText(text);
        return `${t('copied')}: ${name}`;
      })}
  >
    ${t('copy')}
  </button>`;
}
