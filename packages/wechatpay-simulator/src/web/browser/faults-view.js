import { apiFaultsCard } from './api-faults-card.js';
import { billFaultsCard } from './bill-faults-card.js';
import { textOfFault } from './fault-names.js';
import { formatTime } from './format.js';
import { t, textOf } from './language.js';
import { html, nothing } from './lit.js';
import { outagesCard } from './outages-card.js';
import { page } from './page-state.js';
import { ratesCard } from './rates-card.js';

/**
 * @import { FaultRecordAnswer } from '../../control/fault-answers.ts'
 * @import { Live } from '../../control/live-routes.ts'
 */

/**
 * What is to go wrong, and what has.
 * @param {Live} live
 */
export function faultsView(live) {
  const { faults, choices } = page;
  if (faults === undefined || choices === undefined) return html`<p class="card empty">${t('loading')}</p>`;
  return html`<div class="faults">
    ${ratesCard(faults.rates, choices)}
    <div class="fault-rules">
      ${apiFaultsCard(faults.rules, choices)} ${outagesCard(faults.outages)} ${billFaultsCard(faults.bills)}
    </div>
    ${happenedCard(live.faults)}
  </div>`;
}

/** @param {readonly FaultRecordAnswer[]} records */
function happenedCard(records) {
  return html`<section class="card happened" aria-labelledby="happened-title">
    <div class="card-head"><h2 id="happened-title">${t('faults.happened')}</h2></div>
    ${records.length === 0 ? html`<p class="empty">${t('faults.nothing')}</p>` : recordTable(records)}
  </section>`;
}

/** @param {readonly FaultRecordAnswer[]} records */
function recordTable(records) {
  return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="happened-title">
    <table>
      <thead>
        <tr>
          <th scope="col">${t('faults.column.time')}</th>
          <th scope="col">${t('faults.column.target')}</th>
          <th scope="col">${t('faults.column.fault')}</th>
          <th scope="col">${t('faults.column.subject')}</th>
        </tr>
      </thead>
      <tbody>
        ${records.map(recordRow)}
      </tbody>
    </table>
  </div>`;
}

/** @param {FaultRecordAnswer} record */
function recordRow({ at, target, fault, outTradeNo, outRefundNo, operation, attempt, detail }) {
  return html`<tr data-fault=${fault}>
    <td class="mono">${formatTime(at)}</td>
    <td>${textOf('target', target)}</td>
    <td>
      <span class="tag">${target === 'api' ? textOf('api', fault) : textOfFault({ kind: fault })}</span>
      ${attempt === undefined || attempt === 0 ? nothing : t('attempt.number', { number: attempt })}
      ${detail === undefined ? nothing : html`<span class="hint">${detail}</span>`}
    </td>
    <td class="mono">${outRefundNo ?? outTradeNo ?? (operation === undefined ? '' : textOf('operation', operation))}</td>
  </tr>`;
}
