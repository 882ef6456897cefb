import { CHANNELS, type Channel, type ReceivedMessage, type Tally } from '../inbox.ts';
import { escapeHtml } from './escape-html.ts';

/** Newest first, and no more than a person looks through; GET /messages has all. */
const MAX_SHOWN = 200;
const REFRESH_SECONDS = 5;

const NAMES: Record<Channel, string> = {
  mail: '邮件 Mail',
  dingtalk: '钉钉 DingTalk',
  wecom: '企业微信 WeCom',
  webhook: 'Webhook',
  shop: '商城 Shop',
};

export type PageData = {
  messages: readonly ReceivedMessage[];
  tallies: Readonly<Record<Channel, Tally>>;
  /** Only this channel's messages are shown. */
  channel: Channel | undefined;
};

/** All messages on one page, the newest on top. */
export function renderPage({ messages, tallies, channel }: PageData): string {
  const shown = messages.slice(-MAX_SHOWN).toReversed();
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>消息 Messages (${messages.length})</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>消息 <small>Messages</small></h1>
<nav>${[undefined, ...CHANNELS].map((one) => renderTab(one, channel, tallies)).join('\n')}</nav>
</header>
<main>
${shown.length === 0 ? '<p class="empty">还没有消息。<span lang="en">No messages yet.</span></p>' : shown.map(renderMessage).join('\n')}
${messages.length > shown.length ? `<p class="empty">另有 ${messages.length - shown.length} 条较早的消息。<span lang="en">…and ${messages.length - shown.length} older ones.</span></p>` : ''}
</main>
</body>
</html>`;
}

function renderTab(one: Channel | undefined, current: Channel | undefined, tallies: PageData['tallies']): string {
  const counted = one === undefined ? Object.values(tallies) : [tallies[one]];
  const accepted = counted.reduce((sum, tally) => sum + tally.accepted, 0);
  const refused = counted.flatMap((tally) => Object.values(tally.refused)).reduce((sum, count) => sum + count, 0);
  const href = one === undefined ? '/' : `/?channel=${one}`;
  const state = one === current ? ' aria-current="page"' : '';
  const label = one === undefined ? '全部 All' : NAMES[one];
  const lost = refused === 0 ? '' : ` <b title="拒收 refused">${refused}</b>`;
  return `<a href="${href}"${state}>${label} <i>${accepted}</i>${lost}</a>`;
}

function renderMessage(message: ReceivedMessage): string {
  const html = message.html === null ? '' : ` · <a href="/messages/${message.seq}/html">HTML</a>`;
  return `<article class="${message.channel}">
<h2>${escapeHtml(message.title)}</h2>
<p class="meta">#${message.seq} · ${NAMES[message.channel]} · <time datetime="${message.receivedAt}">${message.receivedAt.slice(0, 19).replace('T', ' ')} UTC</time> · ${message.bytes} B${renderReceivers(message)}${html}</p>
<pre>${escapeHtml(message.text.trimEnd())}</pre>
</article>`;
}

function renderReceivers({ details: { to } }: ReceivedMessage): string {
  return Array.isArray(to) ? ` · → ${escapeHtml(to.join(', '))}` : '';
}
