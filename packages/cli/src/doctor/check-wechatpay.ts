import { randomBytes } from 'node:crypto';
import type { Clock } from '@payguard/shared/clock/clock';
import type { QueryOrderOutcome, WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Nobody has this order; 6-32 characters. */
const MADE_UP_ORDER = 'PAYGUARD_DOCTOR_';
const ANSWER_TIMEOUT_MS = 10_000;
/** Without a User-Agent some of WeChat Pay's calls answer 400. */
const HEADERS = { accept: 'application/json', 'user-agent': 'payguard' };
/** WeChat Pay refuses calls that are more than 5 minutes off (SIGN_ERROR), and so do we its notifications (page 4013053420). */
const CLOCK_FAILS_AT_MS = 300_000;
/** A clock that is kept by NTP is never off by so much. */
const CLOCK_WARNS_AT_MS = 30_000;

/** Is a signed call answered, and can the answer be believed: asks about an order that does not exist. */
export async function checkSignedCall(mchid: string, client: WechatPayClient): Promise<Finding> {
  const check = `WeChat Pay for ${mchid}`;
  const answer = await client.queryOrder(MADE_UP_ORDER + randomBytes(6).toString('hex'));
  switch (answer.outcome) {
    case 'not_exist':
    case 'found':
      return ok(check, 'A signed call is answered as it should be.');
    case 'refused':
      return fail(
        check,
        `It refuses our calls (${answer.status} ${answer.code}: ${answer.message})`,
        REFUSED[answer.code] ?? ASK,
      );
    case 'unavailable':
      return fail(check, `It gave no answer that could be believed (${answer.reason}).`, UNAVAILABLE[answer.reason]);
  }
}

const ASK = 'Look the code up in the merchant platform.';
const REFUSED: Record<string, string> = {
  SIGN_ERROR: "Compare private key and certificateSerial with the merchant platform, and this machine's clock.",
  NO_AUTH: 'Ask for the product in the merchant platform.',
};
const UNAVAILABLE: Record<Extract<QueryOrderOutcome, { outcome: 'unavailable' }>['reason'], string> = {
  no_budget: 'The request budget is used up: wait, or raise requestsPerSecond in merchants.yaml.',
  network: 'Let this machine out to WECHATPAY_API_URLS.',
  timeout: 'Let this machine out to WECHATPAY_API_URLS, and look at the way there.',
  rate_limited: 'Lower requestsPerSecond in merchants.yaml.',
  server_error: 'Wait: it is at WeChat Pay.',
  accepted: 'Run payguard doctor again.',
  untrusted: "Compare verificationKeysDir with the merchant platform, and this machine's clock.",
  not_wechatpay: 'A proxy on the way answers: let this machine out to WECHATPAY_API_URLS.',
};

/** This machine's clock against the one that WeChat Pay's answers carry. */
export async function checkClock(apiUrl: string, clock: Clock): Promise<Finding> {
  const check = 'clock';
  const askedAt = clock.now();
  const answer = await fetch(`${apiUrl}/v3/certificates`, {
    headers: HEADERS,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  await answer.body?.cancel();
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date)) return warn(check, `${apiUrl} answers without a Date.`, 'Look at what answers there.');
  // The header is cut to the second; the answer was made somewhere between question and answer.
  const offset = Math.round((askedAt + clock.now()) / 2 - date - 500);
  const message = `This machine is ${(Math.abs(offset) / 1_000).toFixed(1)} s ${offset < 0 ? 'behind' : 'ahead of'} WeChat Pay.`;
  const remedy = 'Keep the clock by NTP: beyond 300 s WeChat Pay and payguard refuse each other.';
  if (Math.abs(offset) > CLOCK_FAILS_AT_MS) return fail(check, message, remedy);
  return Math.abs(offset) > CLOCK_WARNS_AT_MS ? warn(check, message, remedy) : ok(check, message);
}
