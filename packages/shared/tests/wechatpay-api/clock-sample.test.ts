import { clockSample } from '@payguard/shared/wechatpay-api/clock-sample';
import { expect, it } from 'vitest';

const NOON = Date.UTC(2026, 10, 11, 12);
const exchanged = { sentAt: NOON + 10_000, answeredAt: NOON + 10_200 };
const answer = (headers: Record<string, string>) =>
  ({ kind: 'answer', status: 200, headers, body: Buffer.alloc(0) }) as const;

it('takes the signed time of a verified answer, from the middle of the way to the middle of the second', () => {
  const signed = answer({ 'wechatpay-timestamp': String(NOON / 1_000), date: new Date(0).toUTCString() });
  expect(clockSample(signed, true, exchanged)).toEqual({ offsetMs: 9_600, uncertaintyMs: 1_200, isSigned: true });
});

it('takes the Date of an answer that is not verified', () => {
  const dated = answer({ 'wechatpay-timestamp': '1', date: new Date(NOON).toUTCString() });
  expect(clockSample(dated, false, exchanged)).toEqual({ offsetMs: 9_600, uncertaintyMs: 1_200, isSigned: false });
});

it('knows nothing without an answer, or without a date', () => {
  expect(clockSample({ kind: 'failure', reason: 'timeout', detail: '' }, false, exchanged)).toBeUndefined();
  expect(clockSample(answer({}), false, exchanged)).toBeUndefined();
  expect(clockSample(answer({ date: 'yesterday' }), false, exchanged)).toBeUndefined();
});
