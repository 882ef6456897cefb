import type { AlertMessage, Language, MessageItem } from '../../alert-message.ts';
import { describeMessage } from '../describe-message.ts';
import { fitMessage } from '../fit-message.ts';
import { jsonBytes } from './dingtalk-markdown.ts';
import { PLAIN_TEXT } from './plain-text.ts';

/** What any web server takes without being told to; items beyond it are only counted. */
const MAX_BODY_BYTES = 200_000;
/** The message in words, for a receiver that only shows it. */
const MAX_TEXT_BYTES = 8_000;

/** JSON {id, type, severity, at, test, instead_of, total, text, items}; `total` counts all items, also those left out. */
export function webhookBody(
  message: AlertMessage,
  options: { language: Language; consoleUrl: string | undefined },
): string {
  const format = { ...PLAIN_TEXT, size: jsonBytes };
  const total = message.items.length;
  const text = fitMessage(describeMessage(message, options), format, { limit: MAX_TEXT_BYTES, total }).body;
  const bodyWith = (items: readonly unknown[]): string =>
    JSON.stringify({
      id: message.id,
      type: 'payguard.alert',
      severity: message.severity,
      at: isoTime(message.at),
      test: message.isTest,
      instead_of: message.insteadOf,
      total,
      text,
      items,
    });
  return bodyWith(itemsWithin(message.items.map(toJson), MAX_BODY_BYTES - Buffer.byteLength(bodyWith([]))));
}

/** As many from the beginning as find room, commas counted. */
function itemsWithin(items: readonly unknown[], limit: number): unknown[] {
  let used = 0;
  const tooMuch = items.findIndex((item) => {
    used += Buffer.byteLength(JSON.stringify(item)) + 1;
    return used > limit;
  });
  return items.slice(0, tooMuch === -1 ? items.length : tooMuch);
}

function toJson(item: MessageItem): unknown {
  const { news, severity, about } = item;
  switch (item.about) {
    case 'mismatch': {
      const { detectedAt, stateAt, handledBy, handledReason, ...fields } = item.mismatch;
      const times = { detected_at: isoTime(detectedAt), state_at: isoTime(stateAt) };
      const handled = { handled_by: handledBy, handled_reason: handledReason };
      return { news, severity, about, mismatch: { ...fields, ...times, ...handled } };
    }
    case 'alert': {
      const { startsAt, endsAt, ...fields } = item.alert;
      const ends_at = endsAt === null ? null : isoTime(endsAt);
      return { news, severity, about, alert: { ...fields, starts_at: isoTime(startsAt), ends_at } };
    }
    case 'alerter':
      return { news, severity, about, text: item.text };
  }
}

/** null for what is no time. */
function isoTime(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
