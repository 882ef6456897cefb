import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LANGUAGES, type Language, type MessageItem, type MismatchView } from '../../src/alerting/alert-message.ts';
import { dingtalkBody } from '../../src/alerting/channels/dingtalk-channel.ts';
import { wecomContent } from '../../src/alerting/channels/wecom-channel.ts';
import { describeMessage, WORDS } from '../../src/alerting/texts/describe-message.ts';
import { fitMessage } from '../../src/alerting/texts/fit-message.ts';
import { HTML, htmlPage } from '../../src/alerting/texts/formats/html.ts';
import { PLAIN_TEXT } from '../../src/alerting/texts/formats/plain-text.ts';
import { webhookBody } from '../../src/alerting/texts/formats/webhook-json.ts';
import { testMessage } from '../../src/alerting/texts/test-message.ts';
import { mismatchKindSchema } from '../../src/events/payment-mismatch.ts';
import { AT, alert, alertItem, message, mismatch, mismatchItem } from './sample-messages.ts';

const HOUR_MS = 3_600_000;
const DETECTED = mismatch().detectedAt;

/** One of each piece of news. */
const MIXED: MessageItem[] = [
  mismatchItem(mismatch(), { news: 'escalated' }),
  alertItem(alert()),
  mismatchItem(mismatch({ kind: 'amount_mismatch', system_amount: 9_900, wechat_amount: 1 })),
  mismatchItem(mismatch({ state: 'auto_repaired', stateAt: DETECTED + 42_000 }), { news: 'ended' }),
  mismatchItem(
    mismatch({
      state: 'resolved',
      stateAt: DETECTED + 3 * HOUR_MS,
      handledBy: '王芳',
      handledReason: '已在商户平台退款',
    }),
    { news: 'ended' },
  ),
  alertItem(alert({ endsAt: AT }), 'ended'),
  {
    news: 'opened',
    severity: 'critical',
    about: 'alerter',
    text: { zh: 'Prometheus 已 15 分钟没有消息。', en: 'No word from Prometheus for 15 minutes.' },
  },
];

/** As a row reads that a newer release has written. */
function ofNewerKind(kind: string, change: Partial<MismatchView> = {}): MismatchView {
  return JSON.parse(JSON.stringify({ ...mismatch(change), kind }));
}

function plain(items: readonly MessageItem[], language: Language, change: Parameters<typeof message>[1] = {}): string {
  const told = message(items, change);
  const described = describeMessage(told, { language, consoleUrl: undefined });
  return fitMessage(described, PLAIN_TEXT, { limit: 100_000, total: told.items.length }).body;
}

function snapshot(text: string, file: string): Promise<void> {
  return expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'texts', file));
}

describe.each(LANGUAGES)('texts in %s', (language) => {
  const options = { language, consoleUrl: 'https://console.example.com/' };

  it('say of each kind of mismatch what payguard did and what is left to do, open, repaired and dismissed', async () => {
    const texts = mismatchKindSchema.options.flatMap((kind) => {
      const refund_id = kind === 'refund_mismatch' ? '50300807092025071200000001' : null;
      const one = mismatch({ kind, refund_id });
      const dismissed = mismatch({ ...one, state: 'dismissed', handledBy: '李雷', handledReason: '测试订单' });
      return [one, mismatch({ ...one, state: 'auto_repaired' }), dismissed].map((view) =>
        plain([mismatchItem(view)], language),
      );
    });
    await snapshot(texts.join('-----\n'), `kinds.${language}.txt`);
  });

  it('are laid out for each channel', async () => {
    const told = message(MIXED, { insteadOf: 'ops-dingtalk' });
    const described = describeMessage(told, options);
    const { markdown } = JSON.parse(dingtalkBody(told, ['13800000000'], options));
    await snapshot(`${markdown.title}\n-----\n${markdown.text}`, `dingtalk.${language}.md`);
    await snapshot(wecomContent(told, ['zhangsan'], options), `wecom.${language}.md`);
    const html = fitMessage(described, HTML, { limit: 100_000, total: MIXED.length }).body;
    await snapshot(htmlPage(html, language), `mail.${language}.txt`);
    await snapshot(JSON.stringify(JSON.parse(webhookBody(told, options)), null, 2), `webhook.${language}.txt`);
  });

  it('have titles that say how grave it is, what, and how many', async () => {
    const open = mismatchItem(mismatch());
    const repaired = mismatchItem(mismatch({ state: 'auto_repaired' }), { news: 'digest', severity: 'info' });
    const ended = mismatchItem(mismatch({ state: 'resolved' }), { news: 'ended' });
    const escalated = mismatchItem(mismatch(), { news: 'escalated' });
    const messages = [
      message([open, open, open]),
      message([open, alertItem(alert())]),
      message([mismatchItem(mismatch({ kind: 'unknown_order' }), { severity: 'warning' })]),
      message([escalated, open]),
      message([ended, ended]),
      message([repaired, repaired]),
      message([alertItem(alert({ endsAt: AT }), 'ended')]),
      testMessage('test-1', AT),
      message([]),
    ];
    const titles = messages.map((told) => describeMessage(told, options).title);
    await snapshot(`${titles.join('\n')}\n`, `titles.${language}.txt`);
  });

  it('mark a test', async () => {
    const told = testMessage('test-1', AT);
    await snapshot(plain(told.items, language, { isTest: true, severity: 'info' }), `test-message.${language}.txt`);
  });
});

describe('texts', () => {
  it('name the command that shows the order where there is no console, and link where there is one', () => {
    const told = message([mismatchItem(mismatch({ out_trade_no: 'A_1*|' }))]);
    const without = describeMessage(told, { language: 'zh', consoleUrl: undefined }).items[0];
    expect(without?.facts.at(-1)?.value).toBe("payguard mismatch list --order 'A_1*|'");
    const withConsole = describeMessage(told, { language: 'zh', consoleUrl: 'https://console.example.com' }).items[0];
    expect(withConsole?.links).toEqual([
      { text: '在控制台查看', url: 'https://console.example.com/orders/1900000109/A_1%2A%7C' },
    ]);
  });

  it('state how long a mismatch is open, and when it ended, in Beijing time', () => {
    const open = plain([mismatchItem(mismatch({ detectedAt: AT - 26 * HOUR_MS }))], 'zh');
    expect(open).toContain('发现时间：2025-07-10 23:05:00（北京时间）');
    expect(open).toContain('已持续：1 天 2 小时');
  });

  it('name a kind of mismatch that only a newer release knows, and describe the others as ever', () => {
    const views = [ofNewerKind('brand_new'), ofNewerKind('toString'), mismatch()];
    for (const language of LANGUAGES) {
      const told = message(views.map((view) => mismatchItem(view)));
      const { title, items } = describeMessage(told, { language, consoleUrl: undefined });
      expect(title).toContain('brand_new');
      expect(items.map(({ heading }) => heading)).toEqual([
        expect.stringContaining('brand_new'),
        expect.stringContaining('toString'),
        expect.stringContaining(WORDS[language].kinds.paid_not_recorded.name),
      ]);
      const { labels } = WORDS[language];
      expect(items[0]?.facts).toContainEqual({ label: labels.order, value: mismatch().out_trade_no });
    }
  });

  it('hold no command that a kind of mismatch could smuggle in', () => {
    const text = plain([mismatchItem(ofNewerKind('a;\nb', { out_trade_no: null }))], 'en');
    expect(text).toContain("payguard mismatch list --kind 'a; b'");
  });

  it('say of an item that cannot be written which one it is, and tell the others', () => {
    const broken: MismatchView = JSON.parse(JSON.stringify({ ...mismatch({ id: 'broken' }), mchid: undefined }));
    const told = message([mismatchItem(broken), mismatchItem(mismatch())]);
    for (const language of LANGUAGES) {
      const { items } = describeMessage(told, { language, consoleUrl: 'https://console.example.com' });
      expect(items[0]).toEqual({ heading: expect.stringContaining('broken'), facts: [], links: [] });
      expect(items[1]?.facts.length).toBeGreaterThan(5);
    }
    expect(JSON.parse(webhookBody(told, { language: 'zh', consoleUrl: undefined }))).toMatchObject({ total: 2 });
  });

  it('write amounts exactly', () => {
    const text = plain([mismatchItem(mismatch({ system_amount: 9_007_199_254_740_991, wechat_amount: 5 }))], 'zh');
    expect(text).toContain('系统金额：90071992547409.91 元');
    expect(text).toContain('微信金额：0.05 元');
  });
});
