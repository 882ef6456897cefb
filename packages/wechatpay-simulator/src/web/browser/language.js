import { TEXTS_EN } from './texts-en.js';
import { TEXTS_ZH } from './texts-zh.js';

/** @typedef {keyof typeof TEXTS_EN} TextKey */
/** @typedef {'en' | 'zh'} Language */

const STORAGE_KEY = 'wechatpay-simulator.language';

/** @type {Language} */
let current = chosenBefore() ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en';

/** @returns {Language} */
export function language() {
  return current;
}

/** @param {Language} chosen */
export function setLanguage(chosen) {
  current = chosen;
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
  try {
    localStorage.setItem(STORAGE_KEY, chosen);
  } catch {
    // A browser that keeps nothing asks its settings again next time.
  }
}

/**
 * A text in the page's language; `{name}` stands for a value.
 * @param {TextKey} key
 * @param {Readonly<Record<string, string | number>>} [values]
 */
export function t(key, values = {}) {
  const text = current === 'zh' ? TEXTS_ZH[key] : TEXTS_EN[key];
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/**
 * The text of a code, such as a state, or the code itself while it is new to this page.
 * @param {string} prefix
 * @param {string} code
 */
export function textOf(prefix, code) {
  const key = `${prefix}.${code}`;
  return isTextKey(key) ? t(key) : code;
}

/**
 * @param {string} key
 * @returns {key is TextKey}
 */
function isTextKey(key) {
  return key in TEXTS_EN;
}

/** @returns {Language | undefined} */
function chosenBefore() {
  try {
    const chosen = localStorage.getItem(STORAGE_KEY);
    return chosen === 'zh' || chosen === 'en' ? chosen : undefined;
  } catch {
    return undefined;
  }
}
