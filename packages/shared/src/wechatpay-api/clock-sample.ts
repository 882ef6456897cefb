import type { HttpFailure, RawAnswer } from './http-connections.ts';

/** One look at WeChat Pay's clock. */
export type ClockSample = {
  /** Our clock minus WeChat Pay's, in ms; known to about half of `uncertaintyMs` either way. */
  offsetMs: number;
  /** From the question to the answer, and the second that WeChat Pay's time is cut to. */
  uncertaintyMs: number;
  /** True where WeChat Pay has signed its time: then it is its own, and ours within its window of 300 s. */
  isSigned: boolean;
};

/** By our clock, ms UTC: when the question went out, and when its answer was here. */
export type Exchanged = { sentAt: number; answeredAt: number };

/** Both headers leave out the parts of a second. */
const CUT_MS = 1_000;

/**
 * What an answer says of the time: its signed Wechatpay-Timestamp where the signature was verified (page 4013053420),
 * otherwise its Date header, so that a clock that is off by more than the window, which has every answer refused or
 * distrusted, is known to be so. Undefined without either.
 */
export function clockSample(
  answer: RawAnswer | HttpFailure,
  isVerified: boolean,
  { sentAt, answeredAt }: Exchanged,
): ClockSample | undefined {
  if (answer.kind === 'failure') return undefined;
  const { headers } = answer;
  const theirs = isVerified ? Number(headers['wechatpay-timestamp']) * 1_000 : Date.parse(headers.date ?? '');
  if (!Number.isFinite(theirs)) return undefined;
  const offsetMs = (sentAt + answeredAt) / 2 - (theirs + CUT_MS / 2);
  return { offsetMs, uncertaintyMs: answeredAt - sentAt + CUT_MS, isSigned: isVerified };
}
