/** Longer than any field that tells something; the rest of a longer one is cut. */
const MAX_FIELD_GRAPHEMES = 500;
/** A grapheme may be built of any number of marks; text that does so is cut by its length. */
const MAX_UNITS_PER_GRAPHEME = 16;
/** Turns the direction of what follows: a number could be made to read as another. */
const DIRECTION_MARKS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const segmenter = new Intl.Segmenter();

/** Foreign text as one line of well-formed, visible characters of bounded length. */
export function cleanText(text: string): string {
  const start = text.slice(0, MAX_FIELD_GRAPHEMES * MAX_UNITS_PER_GRAPHEME);
  const line = start
    .toWellFormed()
    .replaceAll(DIRECTION_MARKS, '')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return cutText(line, MAX_FIELD_GRAPHEMES);
}

/** At most so many graphemes (what a reader sees as one character), the last one `…` where something is cut. */
export function cutText(text: string, graphemes: number): string {
  if (text.length <= graphemes) return text;
  let kept = '';
  let count = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (count === graphemes - 1 || kept.length + segment.length > graphemes * MAX_UNITS_PER_GRAPHEME) {
      return isEnd(text, kept, segment) ? text : `${kept}…`;
    }
    kept += segment;
    count += 1;
  }
  return text;
}

/** The last grapheme takes no more room than the ellipsis would. */
function isEnd(text: string, kept: string, segment: string): boolean {
  return segment.length <= MAX_UNITS_PER_GRAPHEME && kept.length + segment.length === text.length;
}
