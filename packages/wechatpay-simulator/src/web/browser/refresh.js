import { ConnectionLostError, callControl, RefusedError } from './control.js';
import { t } from './language.js';
import { page } from './page-state.js';

/** The page asks so often; the brief time between leaves the simulator to others. */
const POLL_MS = 700;
/** A simulator that is busy with a big run still answers within this. */
const POLL_TIMEOUT_MS = 5_000;
const LOST_RETRY_MS = 1_000;

/** @type {() => void} */
let redraw = () => {};
/** Answers that come after those of a later question are dropped. */
let lastQuestion = 0;

/**
 * Keeps the page up to date for as long as it is open. One question at a time; none while nobody looks.
 * @param {() => void} draw
 */
export async function keepFresh(draw) {
  redraw = draw;
  for (;;) {
    if (!document.hidden) await refresh();
    await waitMs(page.isLost ? LOST_RETRY_MS : POLL_MS);
  }
}

/** Asks for all that is shown now, and draws it. Does not throw; a lost connection is shown. */
export async function refresh() {
  lastQuestion += 1;
  const question = lastQuestion;
  try {
    const answers = await ask();
    if (question !== lastQuestion) return;
    Object.assign(page, answers, { isLost: false });
  } catch (error) {
    if (question !== lastQuestion) return;
    if (error instanceof ConnectionLostError) page.isLost = true;
    else say('error', messageOf(error));
  }
  redraw();
}

/**
 * Does what a person asked for, says how it went, and shows the outcome.
 * @param {() => Promise<string | undefined>} action Gives back what to say.
 */
export async function act(action) {
  try {
    const text = await action();
    if (text !== undefined) say('done', text);
  } catch (error) {
    say('error', error instanceof ConnectionLostError ? t('pay.lost') : messageOf(error));
  }
  await refresh();
}

/**
 * @param {'done' | 'error'} kind
 * @param {string} text
 */
export function say(kind, text) {
  page.notice = { kind, text };
  redraw();
}

/** Draws what has been changed on the page itself. */
export function redrawNow() {
  redraw();
}

async function ask() {
  const [live, order, ofSection] = await Promise.all([
    callControl('GET', `/live?${viewQuery()}`, undefined, POLL_TIMEOUT_MS),
    askOrder(),
    askSection(),
  ]);
  return { live, liveTakenAt: performance.now(), order, ...ofSection };
}

function viewQuery() {
  const query = new URLSearchParams();
  if (page.search !== '') query.set('search', page.search);
  if (page.before !== undefined) query.set('before', String(page.before));
  return query;
}

async function askOrder() {
  if (page.selected === undefined) return undefined;
  const { mchid, outTradeNo } = page.selected;
  const path = `/orders/${encodeURIComponent(outTradeNo)}?mchid=${mchid}`;
  try {
    return await callControl('GET', path, undefined, POLL_TIMEOUT_MS);
  } catch (error) {
    // Forgotten by a reset.
    if (!(error instanceof RefusedError)) throw error;
    page.selected = undefined;
    return undefined;
  }
}

async function askSection() {
  const choices = page.choices ?? (await callControl('GET', '/choices', undefined, POLL_TIMEOUT_MS));
  const needsMerchants = page.merchants === undefined || page.section === 'merchants';
  const merchants = needsMerchants ? await askMerchants() : page.merchants;
  if (page.section !== 'faults') return { choices, merchants };
  const [{ rates }, { rules }, { outages }, { bills }] = await Promise.all([
    callControl('GET', '/faults?limit=1', undefined, POLL_TIMEOUT_MS),
    callControl('GET', '/faults/api', undefined, POLL_TIMEOUT_MS),
    callControl('GET', '/faults/outages', undefined, POLL_TIMEOUT_MS),
    callControl('GET', '/faults/bills', undefined, POLL_TIMEOUT_MS),
  ]);
  return { choices, merchants, faults: { rates, rules, outages, bills } };
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {number} ms */
function waitMs(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function askMerchants() {
  return (await callControl('GET', '/merchants', undefined, POLL_TIMEOUT_MS)).merchants;
}
