/**
 * @import { BillFaultsAnswer } from '../../control/bill-routes.ts'
 * @import { ApiFaultRuleAnswer, OutageAnswer, RatesAnswer } from '../../control/fault-answers.ts'
 * @import { Choices, Live } from '../../control/live-routes.ts'
 * @import { MerchantAnswer } from '../../control/merchant-answer.ts'
 * @import { FullOrder } from '../../control/order-answers.ts'
 */

/** @typedef {'orders' | 'faults' | 'merchants'} Section */
/** @typedef {{ mchid: string, outTradeNo: string }} OrderKey */
/** @typedef {{ kind: 'done' | 'error', text: string }} Notice */
/** @typedef {{ rates: RatesAnswer | null, rules: ApiFaultRuleAnswer[], outages: OutageAnswer[], bills: BillFaultsAnswer[] }} FaultSettings */

/** All that the operator's page shows. Views read it; actions and the poll write it and ask for a new drawing. */
export const page = {
  /** @type {Section} */
  section: 'orders',
  /** @type {Live | undefined} */
  live: undefined,
  /** When `live` came, on performance.now(). */
  liveTakenAt: 0,
  isLost: false,
  /** Which orders are asked for; `before` is undefined for the newest. */
  search: '',
  /** @type {number | undefined} */
  before: undefined,
  /** @type {OrderKey | undefined} */
  selected: undefined,
  /** @type {FullOrder | undefined} */
  order: undefined,
  isCreating: false,
  isAdvancing: false,
  /** @type {FaultSettings | undefined} */
  faults: undefined,
  /** @type {Choices | undefined} */
  choices: undefined,
  /** @type {readonly MerchantAnswer[] | undefined} */
  merchants: undefined,
  /** Which fault the form of rules is being filled for. */
  apiFaultKind: 'slow',
  /** @type {Notice | undefined} */
  notice: undefined,
};

/** The simulator's time now, as it has gone on since it was last asked. In ms UTC. */
export function simulatorNow() {
  if (page.live === undefined) return Date.now();
  const { nowMs, speed } = page.live.clock;
  return nowMs + (page.isLost ? 0 : (performance.now() - page.liveTakenAt) * speed);
}

/** @param {OrderKey} key */
export function isSelected(key) {
  return page.selected?.outTradeNo === key.outTradeNo && page.selected.mchid === key.mchid;
}
