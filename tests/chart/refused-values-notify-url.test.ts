import { notifyUrlProblem } from '@payguard/shared/config/notify-url';
import { describe, expect, it } from 'vitest';
import { MERCHANT } from './refused-values-cases.ts';
import { helmMissing, tryRenderChart } from './render-chart.ts';

/** And words of what is said; undefined: taken. */
const URLS: [url: string, words: string | undefined][] = [
  ['https://localhost/callback', 'points at localhost, a name of a private network'],
  ['https://localhost:8443', 'points at localhost, a name of a private network'],
  ['https://shop.localhost./callback', 'points at shop.localhost, a name of a private network'],
  ['https://gateway.payguard.svc.cluster.local/c', 'a name of a private network'],
  ['https://payguard-callback-gateway/callback', 'points at payguard-callback-gateway, no public name'],
  ['https://127.0.0.1:8443/callback', 'points at 127.0.0.1, a private or reserved address'],
  ['https://2130706433/callback', 'no public name'],
  ['https://10.1.2.3/callback', 'a private or reserved address'],
  ['https://100.64.0.1/callback', 'a private or reserved address'],
  ['https://100.127.255.1/callback', 'a private or reserved address'],
  ['https://169.254.169.254/callback', 'a private or reserved address'],
  ['https://172.16.0.1/callback', 'a private or reserved address'],
  ['https://172.31.0.1/callback', 'a private or reserved address'],
  ['https://192.168.1.1/callback', 'a private or reserved address'],
  ['https://198.19.0.1/callback', 'a private or reserved address'],
  ['https://239.0.0.1/callback', 'a private or reserved address'],
  ['https://[::1]/callback', 'points at [::1], a private or reserved address'],
  ['https://[fd00::1]:8443/callback', 'a private or reserved address'],
  ['http://pay.example.com/callback', 'is not https, and WeChat Pay calls nothing else'],
  ['ftp://pay.example.com/callback', 'is not https'],
  ['pay.example.com/callback', 'is not https'],
  ['https://pay.example.com/callback?shop=1', 'has a query string or fragment'],
  ['https://pay.example.com/callback#1', 'has a query string or fragment'],
  ['https://me:secret@pay.example.com/callback', 'carries a user name or password'],
  [`https://pay.example.com/${'c'.repeat(255)}`, 'WeChat Pay takes 255 at most'],
  ['https://pay.example.com/api/payment/wechat/callback', undefined],
  ['https://PAY.Example.com:8443/api/payment/wechat/callback', undefined],
  ['https://Callbacks.Example.com:8443/callback', undefined],
  ['https://pay.example.com.cn', undefined],
  ['https://101.226.90.149/callback', undefined],
  ['https://100.63.0.1/callback', undefined],
  ['https://172.32.0.1/callback', undefined],
  ['https://[2400:da00::1]/callback', undefined],
];

it.each(URLS)('the services think of %s as the chart does', (url, words) => {
  expect(notifyUrlProblem(url) === undefined).toBe(words === undefined);
});

describe.skipIf(helmMissing !== undefined)('a notify URL that WeChat Pay could not call', () => {
  const merchants = URLS.map(([notifyUrl], i) => ({ ...MERCHANT, mchid: `19000001${i}`, notifyUrl }));

  it('is refused before anything is made', async () => {
    const rendered = await tryRenderChart({ values: 'values-prod.yaml', set: { merchants } });
    const said = rendered.outcome === 'refused' ? rendered.message : '';
    expect(said.match(/payguard: /g)).toHaveLength(URLS.filter(([, words]) => words !== undefined).length);
    for (const [i, [, words]] of URLS.entries()) {
      const sentence = new RegExp(`payguard: merchants\\[${i}\\]\\.notifyUrl (.*);? .*\\.`).exec(said)?.[1];
      if (words === undefined) expect(sentence).toBeUndefined();
      else expect(sentence).toContain(words);
    }
    expect(said).not.toContain('secret');
  });

  it('is taken where the simulator is WeChat Pay', async () => {
    const local = merchants.filter(({ notifyUrl }) => notifyUrl.includes('localhost'));
    const { outcome } = await tryRenderChart({ values: 'values-dev.yaml', set: { merchants: local } });
    expect(outcome).toBe('rendered');
  });
});
