import type { AlertView, Language } from '../alert-message.ts';
import { cleanText } from './clean-text.ts';
import type { TextOptions } from './describe-mismatch.ts';
import type { Fact, ItemText, Link } from './item-text.ts';
import { beijingTimeOf } from './money-and-time.ts';
import { percentEncode } from './percent-encode.ts';
import type { Standing } from './standing.ts';
import type { Words } from './words.ts';

/** More labels than these say more of the machinery than of what is wrong. */
const MAX_LABELS = 8;
/** Said already, or of no use to people. */
const HIDDEN_LABELS = /^(alertname|severity|prometheus|__.*|.*(token|secret|password|openid).*)$/i;
const MAX_URL_LENGTH = 1_000;

export type DescribedAlert = { alert: AlertView; tag: string; standing: Standing; language: Language };

/** An alert of Prometheus in words: its summary, since when, about what, and where to read on. */
export function describeAlert({ alert, tag, standing, language }: DescribedAlert, options: TextOptions): ItemText {
  const { words } = options;
  return {
    heading: tag + alertSummary(alert, language),
    facts: [
      { label: words.labels.alert, value: cleanText(alert.name) },
      ...descriptionFacts(alert, language, words),
      ...labelFacts(alert, words),
      ...timeFacts(alert, standing, words),
    ],
    links: [
      ...link(words.links.runbook, alert.annotations.runbook_url),
      ...link(words.links.dashboard, alert.annotations.dashboard_url),
    ],
  };
}

/** `summary` is Chinese, `summary_en` English; whichever there is, then the name. */
export function alertSummary({ name, annotations }: AlertView, language: Language): string {
  const { summary, summary_en } = annotations;
  const inOrder = language === 'zh' ? [summary, summary_en] : [summary_en, summary];
  return cleanText(inOrder.find((text) => text !== undefined && text !== '') ?? name);
}

function descriptionFacts({ annotations }: AlertView, language: Language, words: Words): Fact[] {
  const text = language === 'zh' ? annotations.description : annotations.description_en;
  return text === undefined || text === '' ? [] : [{ label: words.labels.description, value: cleanText(text) }];
}

function labelFacts({ labels }: AlertView, words: Words): Fact[] {
  const shown = Object.entries(labels).filter(([name]) => !HIDDEN_LABELS.test(name));
  if (shown.length === 0) return [];
  const texts = shown.slice(0, MAX_LABELS).map(([name, value]) => `${name}=${value}`);
  return [{ label: words.labels.labels, value: cleanText(texts.join(', ')) }];
}

function timeFacts({ startsAt, endsAt }: AlertView, standing: Standing, words: Words): Fact[] {
  const time = (ms: number): string => words.beijingTime(beijingTimeOf(ms));
  const started = { label: words.labels.startsAt, value: time(startsAt) };
  // Of a firing alert Alertmanager sends any time or none.
  if (standing !== 'ended' || endsAt === null) return [started];
  return [started, { label: words.labels.endedAt, value: time(endsAt) }];
}

/** Only what a browser opens as a page; anything else in an annotation is left out. */
function link(text: string, address: string | undefined): Link[] {
  const url = address === undefined || address.length > MAX_URL_LENGTH ? null : URL.parse(address);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    return [];
  return [{ text, url: percentEncode(url.href, /[()<>[\]*'"]/g) }];
}
