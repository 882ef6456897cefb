import { expect, it } from 'vitest';
import { failureDetail } from '../../src/alerting/channels/failure-code.ts';
import { receiverWords } from '../../src/alerting/channels/receiver-words.ts';

const SECRET = 'k+y/1=marked';

it('a receiver that repeats a secret, in whatever form, tells it nobody', () => {
  const forms = [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')];
  for (const form of forms) {
    const words = receiverWords(`no such robot: ${form}!\r\n550 retry`, [SECRET]);
    expect(words).toMatch(/^no such robot: \[redacted\]=*! 550 retry$/);
  }
});

it('a receiver that says very much is cut', () => {
  expect(receiverWords('x'.repeat(100_000), [])).toHaveLength(200);
});

it('an exception is told by its codes alone, since its words may hold the address', () => {
  const cause = Object.assign(new Error(`connect to https://robot/?key=${SECRET}`), { code: 'ECONNRESET' });
  const err = new Error(`fetch of https://robot/?key=${SECRET} failed`, { cause });
  expect(failureDetail(err)).toBe('No connection (ECONNRESET).');
});
