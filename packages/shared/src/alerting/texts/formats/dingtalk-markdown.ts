import type { Format } from '../fit-message.ts';
import type { Fact, Link } from '../item-text.ts';
import { neutraliseMarkdown } from './neutralise-markdown.ts';

/** DingTalk's markdown: a single line break is none, so facts are a list. Size: as inside a JSON text. */
export const DINGTALK_MARKDOWN: Format = {
  head: (title, notes) =>
    `### ${neutraliseMarkdown(title)}\n\n${notes.map((note) => `> ${neutraliseMarkdown(note)}\n\n`).join('')}`,
  item: ({ heading, facts, links }, number, colon) =>
    [
      `**${number}. ${neutraliseMarkdown(heading)}**\n\n`,
      ...facts.map((fact) => `- ${writeFact(fact, colon)}\n`),
      ...links.map((link) => `- ${writeLink(link)}\n`),
      '\n',
    ].join(''),
  more: (text) => `**${neutraliseMarkdown(text)}**\n\n`,
  size: jsonBytes,
};

function writeFact({ label, value }: Fact, colon: string): string {
  return `${label}${colon}${neutraliseMarkdown(value)}`;
}

function writeLink({ text, url }: Link): string {
  return `[${neutraliseMarkdown(text)}](${url})`;
}

/** Bytes of a text within JSON, without the quotation marks. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
