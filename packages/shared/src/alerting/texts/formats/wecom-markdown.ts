import type { Format } from '../fit-message.ts';
import { neutraliseMarkdown } from './neutralise-markdown.ts';

/** WeCom's markdown: every line break counts; quotations set facts apart. Size: bytes of the content itself. */
export const WECOM_MARKDOWN: Format = {
  head: (title, notes) =>
    `### ${neutraliseMarkdown(title)}\n${notes.map((note) => `> ${neutraliseMarkdown(note)}\n`).join('')}`,
  item: ({ heading, facts, links }, number, colon) =>
    [
      `**${number}. ${neutraliseMarkdown(heading)}**\n`,
      ...facts.map(({ label, value }) => `>${label}${colon}${neutraliseMarkdown(value)}\n`),
      ...links.map(({ text, url }) => `>[${neutraliseMarkdown(text)}](${url})\n`),
      '\n',
    ].join(''),
  more: (text) => `**${neutraliseMarkdown(text)}**\n`,
  size: (part) => Buffer.byteLength(part),
};
