import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Language, MessageItem } from '../../src/alerting/alert-message.ts';
import { dingtalkBody } from '../../src/alerting/channels/dingtalk-channel.ts';
import { wecomContent } from '../../src/alerting/channels/wecom-channel.ts';
import { describeMessage } from '../../src/alerting/texts/describe-message.ts';
import { type Format, fitMessage } from '../../src/alerting/texts/fit-message.ts';
import { DINGTALK_MARKDOWN } from '../../src/alerting/texts/formats/dingtalk-markdown.ts';
import { HTML } from '../../src/alerting/texts/formats/html.ts';
import { PLAIN_TEXT } from '../../src/alerting/texts/formats/plain-text.ts';
import { webhookBody } from '../../src/alerting/texts/formats/webhook-json.ts';
import { WECOM_MARKDOWN } from '../../src/alerting/texts/formats/wecom-markdown.ts';
import { mismatchKindSchema } from '../../src/events/payment-mismatch.ts';
import { alert, alertItem, message, mismatch, mismatchItem } from './sample-messages.ts';

const FORMATS: Record<string, Format> = { DINGTALK_MARKDOWN, WECOM_MARKDOWN, PLAIN_TEXT, HTML };
/** Room for the title with its count, whatever the subject; no receiver has less. */
const ROOM_FOR_TITLE = 1_200;

/** Anything that can be in a string: emoji, joined graphemes, lone surrogates, markup, line breaks. */
const foreign = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 700 }),
  fc.constantFrom(
    '\ud800',
    '👨‍👩‍👧‍👦'.repeat(50),
    `e${'\u0301'.repeat(3_000)}`,
    '](http://x)',
    '<@all>',
    '**',
    '`',
    '\u202e1',
  ),
);
const item: fc.Arbitrary<MessageItem> = fc.oneof(
  fc
    .record({
      kind: fc.constantFrom(...mismatchKindSchema.options),
      state: fc.constantFrom('open' as const, 'auto_repaired' as const, 'resolved' as const, 'dismissed' as const),
      out_trade_no: fc.option(foreign),
      transaction_id: fc.option(foreign),
      system_status: foreign,
      wechat_status: foreign,
      system_amount: fc.option(fc.maxSafeInteger()),
      wechat_amount: fc.option(fc.maxSafeInteger()),
      detectedAt: fc.double(),
      handledBy: fc.option(foreign),
      handledReason: fc.option(foreign),
    })
    .map((change) => mismatchItem(mismatch(change))),
  fc
    .record({
      name: foreign,
      labels: fc.dictionary(foreign, foreign, { maxKeys: 12 }),
      annotations: fc.dictionary(fc.constantFrom('summary', 'description', 'runbook_url'), foreign),
      startsAt: fc.double(),
    })
    .map((change) => alertItem(alert(change))),
);
const items = fc.oneof(
  fc.array(item, { maxLength: 12 }),
  fc.tuple(item, fc.integer({ min: 1, max: 60 })).map(([one, count]) => Array.from({ length: count }, () => one)),
);
const language = fc.constantFrom<Language>('zh', 'en');

function isWellFormed(text: string): boolean {
  return text.isWellFormed() && Buffer.from(text).toString() === text;
}

function states(text: string, total: number): boolean {
  return text.includes(`共 ${total} 条`) || text.includes(`${total} in total`);
}

describe('a message of any items', () => {
  it('takes no more than the limit, whatever the limit, and is valid UTF-8 that states the count of items', () => {
    const options = {
      language,
      items,
      limit: fc.integer({ min: 0, max: 25_000 }),
      format: fc.constantFrom(...Object.keys(FORMATS)),
    };
    fc.assert(
      fc.property(fc.record(options), ({ language, items, limit, format: name }) => {
        const format = FORMATS[name] ?? PLAIN_TEXT;
        const described = describeMessage(message(items), { language, consoleUrl: undefined });
        const { body, shown } = fitMessage(described, format, { limit, total: items.length });
        expect(format.size(body)).toBeLessThanOrEqual(limit);
        expect(isWellFormed(body)).toBe(true);
        expect(shown).toBeLessThanOrEqual(items.length);
        if (limit < ROOM_FOR_TITLE) return;
        expect(states(body, items.length)).toBe(true);
        if (shown < items.length) expect(body).toContain(described.more(items.length - shown).slice(0, 4));
      }),
      { numRuns: 120 },
    );
  });

  it('is within what each robot takes, and says whom it calls', () => {
    fc.assert(
      fc.property(items, language, (items, language) => {
        const told = message(items, { severity: 'critical' });
        const options = { language, consoleUrl: 'https://console.example.com' };
        const dingtalk = dingtalkBody(told, ['13800000000'], options);
        expect(Buffer.byteLength(dingtalk)).toBeLessThanOrEqual(20_000);
        const { markdown, at } = JSON.parse(dingtalk);
        expect(markdown.text.endsWith('@13800000000')).toBe(at.atMobiles.length === 1);
        expect(states(markdown.text, items.length)).toBe(true);
        const wecom = wecomContent(told, ['zhangsan'], options);
        expect(Buffer.byteLength(wecom)).toBeLessThanOrEqual(4_096);
        expect([wecom.includes('<@all>'), states(wecom, items.length)]).toEqual([false, true]);
        const webhook = JSON.parse(webhookBody(told, options));
        expect(webhook.total).toBe(items.length);
      }),
      { numRuns: 50 },
    );
  });

  it('is cut at the border of an item before a field is cut', () => {
    const told = message(Array.from({ length: 50 }, () => mismatchItem(mismatch())));
    const described = describeMessage(told, { language: 'zh', consoleUrl: undefined });
    const { body, shown } = fitMessage(described, WECOM_MARKDOWN, { limit: 4_096, total: 50 });
    expect(shown).toBeGreaterThanOrEqual(3);
    expect(body).not.toContain('…');
    expect(body).toContain(`另有 ${50 - shown} 条未列出。`);
  });

  it('is cut inside the fields of its only item between graphemes', () => {
    const family = '👨‍👩‍👧‍👦';
    const told = message([alertItem(alert({ annotations: { summary: '回调缺失', description: family.repeat(400) } }))]);
    const described = describeMessage(told, { language: 'zh', consoleUrl: undefined });
    const { body } = fitMessage(described, WECOM_MARKDOWN, { limit: 2_000, total: 1 });
    const kept = /说明：(.*)…/.exec(body)?.[1] ?? '';
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.replaceAll(family, '')).toBe('');
  });
});
