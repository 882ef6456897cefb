import type { AlertMessage, Language, MessageItem } from '../alert-message.ts';
import { cleanText, cutText } from './clean-text.ts';
import { alertSummary, describeAlert } from './describe-alert.ts';
import { describeMismatch, kindName, type TextOptions } from './describe-mismatch.ts';
import { EN } from './en.ts';
import type { ItemText, MessageText } from './item-text.ts';
import { isOver, standingOf } from './standing.ts';
import type { Words } from './words.ts';
import { ZH } from './zh.ts';

/** As much of a subject as a phone shows of a title. */
const MAX_SUBJECT_GRAPHEMES = 60;
/** As many as the alerter puts into one message; of more than that no reader has the patience. */
const MAX_DESCRIBED_ITEMS = 500;

export const WORDS: Readonly<Record<Language, Words>> = { zh: ZH, en: EN };

/** A message in words of a language. Of very many items only the first are described; the count is of all. */
export function describeMessage(
  message: AlertMessage,
  { language, consoleUrl }: { language: Language; consoleUrl: string | undefined },
): MessageText {
  const words = WORDS[language];
  const options = { words, consoleUrl: consoleUrl?.replace(/\/+$/, ''), at: message.at };
  const { items } = message;
  return {
    title: titleOf(message, language),
    total: words.total(items.length),
    notes: [
      ...(message.isTest ? [words.testNote] : []),
      ...(message.insteadOf === null ? [] : [words.insteadOf(cleanText(message.insteadOf))]),
    ],
    items: items.slice(0, MAX_DESCRIBED_ITEMS).map((item) => itemText(item, language, options)),
    more: (hidden) => words.more(hidden),
    colon: words.colon,
  };
}

/** One item that cannot be written must not keep all others from being told. */
function itemText(item: MessageItem, language: Language, options: TextOptions): ItemText {
  try {
    return describeItem(item, language, options);
  } catch {
    return { heading: options.words.unwritable(idOf(item)), facts: [], links: [] };
  }
}

function idOf(item: MessageItem): string {
  switch (item.about) {
    case 'mismatch':
      return cleanText(item.mismatch.id);
    case 'alert':
      return cleanText(item.alert.name);
    case 'alerter':
      return 'alerter';
  }
}

function describeItem(item: MessageItem, language: Language, options: TextOptions): ItemText {
  const { words } = options;
  const standing = standingOf(item);
  const state = words.standings[standing];
  const tag = words.tag(isOver(item) ? state : `${words.severities[item.severity]} · ${state}`);
  switch (item.about) {
    case 'mismatch':
      return describeMismatch({ mismatch: item.mismatch, tag }, options);
    case 'alert':
      return describeAlert({ alert: item.alert, tag, standing, language }, options);
    case 'alerter':
      return { heading: cleanText(item.text[language]), facts: [], links: [] };
  }
}

/** 【严重】微信已支付、系统未入账 共 3 条 */
function titleOf(message: AlertMessage, language: Language): string {
  const words = WORDS[language];
  const [first] = message.items;
  const subject = first === undefined ? '' : cutText(subjectOf(first, language), MAX_SUBJECT_GRAPHEMES);
  const isMixed =
    first !== undefined && message.items.some((item) => subjectOf(item, language) !== subjectOf(first, language));
  const test = message.isTest ? words.tag(words.test) : '';
  const tag = test + words.tag(tagOf(message, words));
  return words.title(tag, isMixed ? words.andOthers(subject) : subject, message.items.length);
}

function tagOf({ items, severity }: AlertMessage, words: Words): string {
  const [first] = items;
  const severityWord = words.severities[severity];
  if (first === undefined) return severityWord;
  if (items.every((item) => item.news === 'digest')) return words.standings.digest;
  if (items.every(isOver)) return words.standings.ended;
  return standingOf(first) === 'escalated' ? `${severityWord} · ${words.standings.escalated}` : severityWord;
}

function subjectOf(item: MessageItem, language: Language): string {
  switch (item.about) {
    case 'mismatch':
      return kindName(item.mismatch, WORDS[language]);
    case 'alert':
      return alertSummary(item.alert, language);
    case 'alerter':
      return cleanText(item.text[language]);
  }
}
