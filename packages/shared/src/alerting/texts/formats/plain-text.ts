import type { Format } from '../fit-message.ts';

/** For mail and webhooks. */
export const PLAIN_TEXT: Format = {
  head: (title, notes) => `${[title, ...notes].join('\n')}\n\n`,
  item: ({ heading, facts, links }, number, colon) =>
    [
      `${number}. ${heading}\n`,
      ...facts.map(({ label, value }) => `   ${label}${colon}${value}\n`),
      ...links.map(({ text, url }) => `   ${text}${colon}${url}\n`),
      '\n',
    ].join(''),
  more: (text) => `${text}\n`,
  size: (part) => Buffer.byteLength(part),
};
