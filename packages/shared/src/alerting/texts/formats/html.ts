import type { Format } from '../fit-message.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The body of a mail; styles stand in the tags, since mail programs drop style sheets. */
export const HTML: Format = {
  head: (title, notes) =>
    `<h2 style="margin:0 0 12px;font-size:18px">${escapeHtml(title)}</h2>\n${notes
      .map((note) => `<p style="margin:0 0 12px;color:#b45309">${escapeHtml(note)}</p>\n`)
      .join('')}`,
  item: ({ heading, facts, links }, number) =>
    [
      `<h3 style="margin:16px 0 4px;font-size:15px">${number}. ${escapeHtml(heading)}</h3>\n`,
      '<table cellpadding="3" cellspacing="0">\n',
      ...facts.map(({ label, value }) => row(label, escapeHtml(value))),
      ...links.map(({ text, url }) => row('', `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`)),
      '</table>\n',
    ].join(''),
  more: (text) => `<p style="margin:16px 0 0"><b>${escapeHtml(text)}</b></p>\n`,
  size: (part) => Buffer.byteLength(part),
};

/** A whole page around the body. */
export function htmlPage(body: string, language: string): string {
  return `<!doctype html>
<html lang="${escapeHtml(language)}"><head><meta charset="utf-8"></head>
<body style="font:14px/1.6 sans-serif;color:#1f2937">
${body}</body></html>
`;
}

/** Short: a message may have hundreds of items. */
function row(label: string, cell: string): string {
  return `<tr valign="top"><td nowrap style="color:#6b7280">${escapeHtml(label)}</td><td>${cell}</td></tr>\n`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
