import { describe, expect, it } from 'vitest';
import { notifyUrlProblem } from '../../src/config/notify-url.ts';

describe('a notify URL', () => {
  it.each([
    'https://pay.shop.com/api/payment/wechat/callback',
    'https://pay.shop.com:8443/callback',
    'https://8.8.8.8/callback',
    'https://[2606:4700::1111]/callback',
    'https://商城.中国/callback',
  ])('that WeChat Pay can call has no problem: %s', (url) => {
    expect(notifyUrlProblem(url)).toBeUndefined();
  });

  it.each([
    ['http://pay.shop.com/callback', 'not https'],
    ['pay.shop.com/callback', 'no URL'],
    ['https://user:secret@pay.shop.com/callback', 'user name or password'],
    ['https://pay.shop.com/callback?shop=1', 'query string'],
    ['https://pay.shop.com/callback?', 'query string'],
    ['https://pay.shop.com/callback#a', 'fragment'],
    [`https://pay.shop.com/${'x'.repeat(240)}`, '255'],
    ['https://localhost/callback', 'localhost'],
    ['https://LOCALHOST./callback', 'localhost'],
    ['https://shop.localhost/callback', 'private network'],
    ['https://gateway/callback', 'no public name'],
    ['https://gateway.payguard.svc.cluster.local/callback', 'private network'],
    ['https://shop.internal/callback', 'private network'],
    ['https://shop.test/callback', 'private network'],
    ['https://127.0.0.1/callback', '127.0.0.1'],
    ['https://2130706433/callback', '127.0.0.1'],
    ['https://0x7f.1/callback', '127.0.0.1'],
    ['https://10.1.2.3/callback', '10.1.2.3'],
    ['https://172.31.0.1/callback', '172.31.0.1'],
    ['https://192.168.1.1/callback', '192.168.1.1'],
    ['https://169.254.169.254/callback', '169.254.169.254'],
    ['https://100.64.0.1/callback', '100.64.0.1'],
    ['https://203.0.113.9/callback', '203.0.113.9'],
    ['https://0.0.0.0/callback', '0.0.0.0'],
    ['https://255.255.255.255/callback', '255.255.255.255'],
    ['https://[::1]/callback', '::1'],
    ['https://[::]/callback', '::'],
    ['https://[fe80::1]/callback', 'fe80::1'],
    ['https://[fd00::1]/callback', 'fd00::1'],
    ['https://[::ffff:192.168.0.1]/callback', 'reserved'],
    ['https://[64:ff9b::a00:1]/callback', 'reserved'],
    ['https://[2001:db8::1]/callback', 'reserved'],
    ['https://[2002:a00:1::]/callback', 'reserved'],
  ])('that it cannot is refused in one sentence: %s', (url, reason) => {
    const problem = notifyUrlProblem(url);
    expect(problem).toContain(reason);
    expect(problem).toMatch(/^[^\n]+\.$/);
    expect(problem).not.toContain('secret');
  });
});
