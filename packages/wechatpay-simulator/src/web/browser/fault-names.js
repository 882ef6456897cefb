import { textOf } from './language.js';
import { html } from './lit.js';

/** Long enough to be watched, short enough to be waited for. */
const DELAY_MS = 30_000;
/** A refund that takes its ten minutes. */
const SLOW_REFUND_MS = 600_000;

/**
 * The fault of this name, as the control API takes it.
 * @param {string} name As in the rates: `tampered_tag`, `close_race_close_first`, …
 */
export function faultNamed(name) {
  if (name.startsWith('tampered_')) return { kind: 'tampered', part: name.slice('tampered_'.length) };
  if (name === 'close_race_payment_first') return { kind: 'close_race', first: 'payment' };
  if (name === 'close_race_close_first') return { kind: 'close_race', first: 'close' };
  if (name === 'refund_slow') return { kind: name, ms: SLOW_REFUND_MS };
  if (name === 'delayed' || name === 'late_payment') return { kind: name, ms: DELAY_MS };
  return { kind: name };
}

/**
 * A fault in words.
 * @param {{ readonly kind: string, readonly part?: string, readonly first?: string }} fault
 */
export function textOfFault(fault) {
  if (fault.kind === 'tampered') return textOf('fault', `tampered_${fault.part}`);
  if (fault.kind === 'close_race') return textOf('fault', `close_race_${fault.first}_first`);
  return textOf('fault', fault.kind);
}

/** @param {readonly string[]} names */
export function faultOptions(names) {
  return names.map((name) => html`<option value=${name}>${textOf('fault', name)}</option>`);
}
