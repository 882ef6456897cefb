import { language, t } from './language.js';

/** WeChat Pay's time of day, whatever the browser's. */
const TIME_ZONE = 'Asia/Shanghai';

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeZone: TIME_ZONE, timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('sv-SE', { timeZone: TIME_ZONE, dateStyle: 'short' });

/**
 * Fen as yuan, exactly: `¥ 12,345.06`.
 * @param {number} fen
 */
export function formatYuan(fen) {
  const digits = String(Math.abs(fen)).padStart(3, '0');
  const yuan = digits.slice(0, -2).replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${fen < 0 ? '-' : ''}¥${yuan}.${digits.slice(-2)}`;
}

/**
 * Yuan as typed, in fen; undefined when it is no amount of at least one fen.
 * @param {string} text
 */
export function parseYuan(text) {
  const match = /^\s*[¥￥]?\s*(\d{1,12})(?:[.](\d{1,2}))?\s*$/.exec(text);
  if (match === null) return undefined;
  const fen = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return fen >= 1 && Number.isSafeInteger(fen) ? fen : undefined;
}

/** @param {string | number} instant */
export function formatTime(instant) {
  return timeOfDay.format(new Date(instant));
}

/** @param {string | number} instant */
export function formatDay(instant) {
  return day.format(new Date(instant));
}

/** @param {string | number} instant */
export function formatInstant(instant) {
  return `${formatDay(instant)} ${formatTime(instant)}`;
}

/**
 * A span in its two largest units, as in `3 min 20 s`.
 * @param {number} ms
 */
export function formatSpan(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return t('span.s', { s: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('span.min', { min: minutes, s: seconds % 60 });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t('span.h', { h: hours, min: minutes % 60 });
  return t('span.d', { d: Math.floor(hours / 24), h: hours % 24 });
}

/** @param {number} count */
export function formatCount(count) {
  return new Intl.NumberFormat(language()).format(count);
}
