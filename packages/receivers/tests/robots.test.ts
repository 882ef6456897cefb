import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Receivers } from '../src/receivers.ts';
import { callDingtalk, callWecom, openReceivers } from './open-receivers.ts';

const HOUR_MS = 3_600_000;
let receivers: Receivers;

beforeAll(async () => {
  receivers = await openReceivers({ windowMs: 60_000, silenceMs: 60_000 });
});
afterAll(() => receivers.close());

describe('the DingTalk robot', () => {
  it.each([
    ['a token it does not know', { token: 'other' }, 300005],
    ['a signature by another secret', { secret: 'SECother' }, 310000],
    ['a signature of two hours ago', { timestamp: Date.now() - 2 * HOUR_MS }, 310000],
    ['a timestamp that is no number', { timestamp: Number.NaN }, 310000],
    ['a body of more than 20,000 bytes', { text: 'x'.repeat(20_000) }, 460101],
    ['what is no JSON', { body: 'text' }, 40035],
    ['a message without a title', { body: '{"msgtype":"markdown","markdown":{"text":"x"}}' }, 40035],
  ])('refuses %s with HTTP 200 and an errcode', async (_what, call, errcode) => {
    expect(await callDingtalk(receivers, call)).toMatchObject({ status: 200, errcode });
  });

  it('keeps what it takes', async () => {
    expect(await callDingtalk(receivers, { text: '### 你好' })).toMatchObject({ errcode: 0 });
    expect(receivers.messages('dingtalk').at(-1)).toMatchObject({ title: 'title', text: '### 你好' });
  });
});

describe('the WeCom robot', () => {
  it('refuses another key, and more than 4,096 bytes of UTF-8', async () => {
    expect(await callWecom(receivers, 'hello', 'other')).toMatchObject({ status: 200, errcode: 93000 });
    expect(await callWecom(receivers, '字'.repeat(1_366))).toMatchObject({ errcode: 40058 });
    expect(await callWecom(receivers, '字'.repeat(1_365))).toMatchObject({ errcode: 0 });
  });

  it('takes 20 messages a minute, then answers 45009', async () => {
    const answers = await inTurn(25, () => callWecom(receivers, 'hello'));
    expect(answers.filter(({ errcode }) => errcode === 45009).length).toBeGreaterThanOrEqual(5);
    expect(receivers.messages('wecom')).toHaveLength(20);
  });
});

it('DingTalk punishes the 21st message of a minute with silence, and takes messages again after it', async () => {
  const short = await openReceivers({ windowMs: 150, silenceMs: 400 });
  try {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const answers = await inTurn(21, () => callDingtalk(short));
    expect(answers.map(({ errcode }) => errcode)).toEqual([...Array(20).fill(0), 130101]);
    expect(answers.at(-1)).toMatchObject({ status: 1111, punish: 'deny' });
    vi.setSystemTime(Date.now() + 399);
    expect(await callDingtalk(short)).toMatchObject({ errcode: 130101 });
    vi.setSystemTime(Date.now() + 1);
    expect(await callDingtalk(short)).toMatchObject({ errcode: 0 });
    expect(short.tallies().dingtalk).toEqual({ accepted: 21, refused: { 130101: 2 } });
  } finally {
    vi.useRealTimers();
    await short.close();
  }
});

async function inTurn<T>(times: number, call: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let count = 0; count < times; count += 1) answers.push(await call());
  return answers;
}
