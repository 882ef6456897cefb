import type { MismatchView } from '../alert-message.ts';
import { cleanText } from './clean-text.ts';
import type { Fact, ItemText, Link } from './item-text.ts';
import { beijingTimeOf, durationOf, yuanOf } from './money-and-time.ts';
import { percentEncode } from './percent-encode.ts';
import type { KindWords, Words } from './words.ts';

/** Characters that no shell takes for anything else. */
const PLAIN_ARGUMENT = /^\w[\w-]*$/;

export type TextOptions = {
  words: Words;
  /** Without a slash at the end; undefined: the command that shows the order is named instead of a link. */
  consoleUrl: string | undefined;
  /** When the message is written, ms UTC. */
  at: number;
};

export type Described = { mismatch: MismatchView; tag: string };

/** A mismatch in words: what differs, what payguard did, what is left to do, where to look. */
export function describeMismatch({ mismatch, tag }: Described, options: TextOptions): ItemText {
  const { words } = options;
  return {
    heading: tag + kindName(mismatch, words),
    facts: [
      ...subjectFacts(mismatch, words),
      ...timeFacts(mismatch, options),
      ...adviceFacts(mismatch, words),
      ...(options.consoleUrl === undefined ? [lookUpFact(mismatch, words)] : []),
    ],
    links: options.consoleUrl === undefined ? [] : [consoleLink(mismatch, options.consoleUrl, words)],
  };
}

/** A row may be of a newer release than this process: its kind then stands as it is. */
export function kindName(mismatch: MismatchView, words: Words): string {
  return wordsOfKind(mismatch, words)?.name ?? cleanText(mismatch.kind);
}

function wordsOfKind({ kind }: MismatchView, { kinds }: Words): KindWords | undefined {
  return Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
}

function subjectFacts(mismatch: MismatchView, { labels, ...words }: Words): Fact[] {
  const meanings = mismatch.kind === 'refund_mismatch' ? words.refundStatuses : words.statuses;
  const statusText = (code: string): string => {
    const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
    return meaning === undefined ? cleanText(code) : words.status(cleanText(code), meaning);
  };
  return [
    ...known(labels.order, mismatch.out_trade_no),
    { label: labels.merchant, value: cleanText(mismatch.mchid) },
    ...known(labels.transaction, mismatch.transaction_id),
    ...known(labels.refund, mismatch.refund_id),
    { label: labels.systemStatus, value: statusText(mismatch.system_status) },
    { label: labels.wechatStatus, value: statusText(mismatch.wechat_status) },
    ...amountFacts(mismatch, { labels, ...words }),
  ];
}

function known(label: string, value: string | null): Fact[] {
  return value === null || value === '' ? [] : [{ label, value: cleanText(value) }];
}

/** One line where both sides agree. */
function amountFacts({ system_amount, wechat_amount }: MismatchView, { labels, yuan }: Words): Fact[] {
  const fact = (label: string, fen: number | null): Fact[] =>
    fen === null ? [] : [{ label, value: yuan(yuanOf(fen)) }];
  if (system_amount === wechat_amount) return fact(labels.amount, system_amount);
  return [...fact(labels.systemAmount, system_amount), ...fact(labels.wechatAmount, wechat_amount)];
}

function timeFacts(mismatch: MismatchView, { words, at }: TextOptions): Fact[] {
  const { labels } = words;
  const time = (ms: number): string => words.beijingTime(beijingTimeOf(ms));
  const detected = { label: labels.detectedAt, value: time(mismatch.detectedAt) };
  if (mismatch.state !== 'open') {
    const label = mismatch.state === 'auto_repaired' ? labels.endedAt : labels.settledAt;
    return [detected, { label, value: time(mismatch.stateAt) }];
  }
  const { days, hours, minutes } = durationOf(at - mismatch.detectedAt);
  return days + hours + minutes === 0
    ? [detected]
    : [detected, { label: labels.openFor, value: words.duration(days, hours, minutes) }];
}

function adviceFacts(mismatch: MismatchView, words: Words): Fact[] {
  const { labels } = words;
  const { open, repaired } = wordsOfKind(mismatch, words) ?? words.unknownKind;
  const done = (value: string): Fact => ({ label: labels.done, value });
  const nothing = { label: labels.todo, value: words.nothingLeft };
  switch (mismatch.state) {
    case 'open':
      return [
        done(open.done),
        { label: labels.todo, value: open.todo(shellArgument(mismatch.out_trade_no, words)) },
        { label: labels.id, value: cleanText(mismatch.id) },
      ];
    case 'auto_repaired':
      return [done(repaired), nothing];
    case 'resolved':
    case 'dismissed':
      return [
        done(words.settledBy(cleanText(mismatch.handledBy ?? '?'), cleanText(mismatch.handledReason ?? ''))),
        nothing,
      ];
  }
}

function lookUpFact(mismatch: MismatchView, words: Words): Fact {
  const { out_trade_no } = mismatch;
  const filter =
    out_trade_no === null
      ? `--kind ${shellArgument(mismatch.kind, words)}`
      : `--order ${shellArgument(out_trade_no, words)}`;
  return { label: words.labels.lookUp, value: `payguard mismatch list ${filter}` };
}

/** People copy commands: what comes from outside must not become one. */
function shellArgument(text: string | null, { unknownOrder }: Words): string {
  if (text === null) return unknownOrder;
  const clean = cleanText(text);
  return PLAIN_ARGUMENT.test(clean) ? clean : `'${clean.replaceAll("'", '')}'`;
}

function consoleLink({ id, mchid, out_trade_no }: MismatchView, consoleUrl: string, words: Words): Link {
  const path = out_trade_no === null ? ['mismatches', id] : ['orders', mchid, out_trade_no];
  return { text: words.links.console, url: `${consoleUrl}/${path.map((part) => urlPart(part)).join('/')}` };
}

/** Brackets and stars, too: a bracket would end a markdown link. */
function urlPart(text: string): string {
  return percentEncode(encodeURIComponent(text.toWellFormed()), /[!'()*]/g);
}
