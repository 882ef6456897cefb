import { cutText } from './clean-text.ts';
import type { ItemText, MessageText } from './item-text.ts';

/** How a channel writes a message. Parts are joined with nothing between them, and their sizes add up. */
export type Format = {
  head(title: string, notes: readonly string[]): string;
  /** `number` counts from 1. */
  item(item: ItemText, number: number, colon: string): string;
  more(text: string): string;
  /** Size of a part as the receiver counts it, bytes. */
  size(part: string): number;
};

export type Fitted = {
  body: string;
  /** So many of the items are in it. */
  shown: number;
};

/** Where not even one item finds room its fields are cut, to so many graphemes, until it does. */
const FIELD_CUTS = [200, 100, 60, 40, 25, 12];

/**
 * The message in at most `limit` bytes, whatever stands in it: as many items as find room, the number of the others, and
 * `tail` at the end. `total` is the number of all items; the title states it.
 */
export function fitMessage(
  text: MessageText,
  format: Format,
  { limit, total, tail = '' }: { limit: number; total: number; tail?: string },
): Fitted {
  const room = limit - format.size(tail);
  const head = format.head(text.title, text.notes);
  const fitted = fitItems(text, format, { head, room, total });
  if (fitted !== undefined) return { ...fitted, body: fitted.body + tail };
  return { body: fitTitle(text, format, limit), shown: 0 };
}

type Space = { head: string; room: number; total: number };

function fitItems(text: MessageText, format: Format, { head, room, total }: Space): Fitted | undefined {
  const moreAfter = (shown: number): string => (shown === total ? '' : format.more(text.more(total - shown)));
  const parts = writeItems(text, format, room - format.size(head));
  for (let shown = parts.length; shown > 0; shown -= 1) {
    const body = head + parts.slice(0, shown).join('') + moreAfter(shown);
    if (format.size(body) <= room) return { body, shown };
  }
  for (const item of cutMoreAndMore(text.items[0])) {
    const body = head + format.item(item, 1, text.colon) + moreAfter(1);
    if (format.size(body) <= room) return { body, shown: 1 };
  }
  const body = head + moreAfter(0);
  return format.size(body) <= room ? { body, shown: 0 } : undefined;
}

/** As many items from the beginning as find room by themselves. */
function writeItems({ items, colon }: MessageText, format: Format, room: number): string[] {
  const parts: string[] = [];
  let used = 0;
  for (const item of items) {
    const part = format.item(item, parts.length + 1, colon);
    used += format.size(part);
    if (used > room) break;
    parts.push(part);
  }
  return parts;
}

function cutMoreAndMore(item: ItemText | undefined): ItemText[] {
  if (item === undefined) return [];
  return FIELD_CUTS.map((graphemes) => ({
    heading: cutText(item.heading, graphemes),
    facts: item.facts.map(({ label, value }) => ({ label, value: cutText(value, graphemes) })),
    links: [],
  }));
}

/** No receiver has so little room; but none may be sent more than it takes. */
function fitTitle({ title, total }: MessageText, format: Format, limit: number): string {
  const candidates = [format.head(title, []), format.head(total, []), total, ''];
  return candidates.find((body) => format.size(body) <= limit) ?? '';
}
