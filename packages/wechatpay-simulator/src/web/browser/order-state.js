import { textOf } from './language.js';
import { html } from './lit.js';
import { simulatorNow } from './page-state.js';

/** @param {{ tradeState: string, expiresAt: string }} order */
export function statePill(order) {
  const state = order.tradeState === 'NOTPAY' && !isPayable(order) ? 'EXPIRED' : order.tradeState;
  return html`<span class="pill state-${state}">${textOf('state', state)}</span>`;
}

/**
 * Whether its payer could pay it now; a closed or expired one only late.
 * @param {{ tradeState: string, expiresAt: string }} order
 */
export function isPayable({ tradeState, expiresAt }) {
  return tradeState === 'NOTPAY' && simulatorNow() < Date.parse(expiresAt);
}
