import { type ProbeReport, probeCallbackUrl } from '@payguard/shared/callback-probe/probe-callback-url';
import { PROBE_LIMITS, type ProbeLimits } from '@payguard/shared/callback-probe/probe-limits';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answers, expectOneSentence, gatewayLike, healthy, html, json, refused } from './gateway-like.ts';
import { CALLBACK_PATH, createTestAuthority, startHost, type TestAuthority } from './test-host.ts';

/** For those that are waited for in vain; the others have the real ones' seconds, on a busy machine too. */
const HASTY = { ...PROBE_LIMITS, answerMs: 400 };
const SLOW_AT_ONCE = { ...PROBE_LIMITS, slowMs: 100 };
const SLOWLY_MS = 150;
const DAY_MS = 24 * 60 * 60_000;

let authority: TestAuthority;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  authority = await createTestAuthority();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const probe = (url: string, limits = PROBE_LIMITS): Promise<ProbeReport> =>
  probeCallbackUrl(url, { allowLocal: true, trusted: [authority.certificatePem], now: Date.now(), limits });

async function open(answers: Answers, certificate?: Parameters<typeof startHost>[1]): Promise<string> {
  const host = await startHost(gatewayLike(answers), certificate);
  closing.push(host.close);
  return host.callbackUrl;
}

describe('the probe finds nothing wrong', () => {
  it('with a gateway behind TLS, and says how long its certificate lasts', async () => {
    const endsAt = Date.now() + 9 * DAY_MS;
    const url = await open({}, await authority.issue({ endsAt }));
    const report = await probe(url);
    expect(report).toMatchObject({ url, finding: 'ok', httpStatus: 200 });
    expect(report.latencyMs).toBeGreaterThanOrEqual(0);
    expect(Math.abs((report.tlsNotAfter ?? 0) - endsAt)).toBeLessThan(1_000);
  });

  it('and asks the health URL beside the callback, and the callback once, unsigned and saying what it is', async () => {
    const seen: { line: string; headers: string[]; body: string }[] = [];
    const host = await startHost((request, answer) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        seen.push({ line: `${request.method} ${request.url}`, headers: Object.keys(request.headers), body });
        (request.method === 'POST' ? refused : healthy)(answer);
      });
    });
    closing.push(host.close);
    expect(await probe(host.callbackUrl)).toMatchObject({ finding: 'ok', tlsNotAfter: null });
    expect(seen.map(({ line }) => line)).toEqual(['GET /api/payment/wechat/health', `POST ${CALLBACK_PATH}`]);
    expect(seen[1]?.headers.filter((name) => /wechatpay|authorization|cookie/.test(name))).toEqual([]);
    expect(seen[1]?.body).toContain('payguard-probe');
  });
});

describe('the probe names what answers wrongly, where, and what to do', () => {
  it.each<[string, Answers & { limits?: ProbeLimits }, Partial<ProbeReport>, string]>([
    [
      'a redirect, which it does not follow',
      { get: (answer) => answer.writeHead(302, { location: 'https://sso.shop.com/login?ticket=secret' }).end() },
      { finding: 'redirected', httpStatus: 302 },
      'redirects to https://sso.shop.com/login (302)',
    ],
    [
      'a login page',
      { get: (answer) => html(answer, 200), post: (answer) => html(answer, 405) },
      { finding: 'not_payguard', httpStatus: 200 },
      'answered with 200 (text/html) by something that is not',
    ],
    [
      'another path',
      { get: (answer) => html(answer, 404), post: (answer) => html(answer, 404) },
      { finding: 'not_found', httpStatus: 404 },
      'route /api/payment/wechat/ of 127.0.0.1',
    ],
    [
      'a health path that is not exposed',
      { get: (answer) => html(answer, 404) },
      { finding: 'not_found', httpStatus: 404 },
      'although callbacks reach the gateway',
    ],
    [
      'an ingress without a gateway',
      { get: (answer) => html(answer, 502), post: (answer) => html(answer, 502) },
      { finding: 'http_error', httpStatus: 502 },
      'answers 502',
    ],
    [
      'a gateway without Kafka',
      { get: (answer) => json(answer, 503, { status: 'unavailable' }) },
      { finding: 'http_error', httpStatus: 503 },
      'look at its log, at Kafka',
    ],
    [
      'an answer that breaks off',
      { get: (answer) => answer.destroy() },
      { finding: 'http_error', httpStatus: null },
      '(ECONNRESET)',
    ],
    [
      'no answer in time',
      { get: () => undefined, post: () => undefined, limits: HASTY },
      { finding: 'slow', latencyMs: null },
      'gives no answer in time',
    ],
    [
      'a slow answer',
      { post: (answer) => setTimeout(() => refused(answer), SLOWLY_MS), limits: SLOW_AT_ONCE },
      { finding: 'slow', httpStatus: 200 },
      'takes 0.',
    ],
    [
      'somebody who swallows callbacks',
      { post: (answer) => json(answer, 200, { code: 'SUCCESS' }) },
      { finding: 'post_accepted', httpStatus: 200 },
      'answers 200 (application/json) to an unsigned callback',
    ],
    [
      'somebody who swallows everything, which is worse than no gateway',
      { get: (answer) => html(answer, 200), post: (answer) => html(answer, 200) },
      { finding: 'post_accepted' },
      'answers 200 (text/html) to an unsigned callback',
    ],
    [
      'a proxy that takes no POST',
      { post: (answer) => html(answer, 502) },
      { finding: 'post_unreachable', httpStatus: 502 },
      'answers a POST with 502 (text/html)',
    ],
    [
      'a POST without an answer',
      { post: () => undefined, limits: HASTY },
      { finding: 'post_unreachable', httpStatus: null },
      'gives no answer to a POST (TIMEOUT)',
    ],
  ])('%s', async (_what, answers, expected, words) => {
    const report = await probe(await open(answers), answers.limits);
    expect(report).toMatchObject({ ...expected, sentence: expect.stringContaining(words) });
    expectOneSentence(report);
    expect(report.sentence).not.toContain('secret');
  });
});
