import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpFault } from '@payguard/receivers/faults';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../src/alerting/alert-message.ts';
import { DINGTALK_CODES } from '../../src/alerting/channels/dingtalk-channel.ts';
import { robotOutcome } from '../../src/alerting/channels/robot-outcome.ts';
import { brief, openWorld, settingsOf, type World } from './open-world.ts';
import { message, mismatch, mismatchItem } from './sample-messages.ts';

const TOLD = message([mismatchItem(mismatch()), mismatchItem(mismatch({ kind: 'unknown_order' }))]);
const outcomes: SendOutcome[] = [];
let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => world.receivers.clear());
afterAll(async () => {
  expect(world.secretsIn(outcomes)).toEqual([]);
  await world.close();
});

async function send(
  type: 'dingtalk' | 'wecom',
  { fault = null, settings = {} }: { fault?: HttpFault | null; settings?: object } = {},
) {
  const { channel, log } = world.open(
    { robot: { ...settingsOf(type, world.receivers), ...settings } },
    fault?.kind === 'hang' ? 'short' : undefined,
  );
  world.receivers.faults[type].set(fault);
  const outcome = await channel('robot').send(TOLD);
  outcomes.push(outcome);
  expect(world.secretsIn(log)).toEqual([]);
  return outcome;
}

/** A file with a secret that the robot does not know. */
function wrongSecret(): string {
  const path = join(world.stateDir, 'wrong-secret');
  writeFileSync(path, 'SECwrong\n');
  return path;
}

const BOTH: [HttpFault, string, string][] = [
  [{ kind: 'errcode', errcode: -1 }, 'failed', '-1'],
  [{ kind: 'errcode', errcode: 987654 }, 'failed', '987654'],
  [{ kind: 'status', status: 502 }, 'failed', 'http_502'],
  [{ kind: 'redirect', location: 'http://127.0.0.1:1/' }, 'failed', 'http_307'],
  [{ kind: 'html' }, 'failed', 'malformed'],
  [{ kind: 'huge', bytes: 100_000 }, 'failed', 'malformed'],
  [{ kind: 'hang' }, 'failed', 'timeout'],
  [{ kind: 'cut' }, 'failed', 'network'],
];

describe('the DingTalk channel', () => {
  it('sends signed markdown that calls people, once', async () => {
    expect(await send('dingtalk')).toEqual({ kind: 'sent', code: '0' });
    const [received, ...others] = world.receivers.messages('dingtalk');
    expect(others).toEqual([]);
    expect(received).toMatchObject({
      title: '【严重】微信已支付、系统未入账等 共 2 条',
      details: { atMobiles: ['13800000000'], isAtAll: false },
    });
    expect(received?.text).toContain('@13800000000');
  });

  it.each<[HttpFault, string, string]>([
    [{ kind: 'errcode', errcode: 130101 }, 'throttled', '130101'],
    [{ kind: 'errcode', errcode: 410100 }, 'throttled', '410100'],
    [{ kind: 'errcode', errcode: 310000 }, 'refused', '310000'],
    [{ kind: 'errcode', errcode: 300001 }, 'refused', '300001'],
    [{ kind: 'errcode', errcode: 300005 }, 'refused', '300005'],
    [{ kind: 'errcode', errcode: 400101 }, 'refused', '400101'],
    [{ kind: 'errcode', errcode: 400102 }, 'refused', '400102'],
    ...BOTH,
  ])('takes %j for %s', async (fault, kind, code) => {
    expect(brief(await send('dingtalk', { fault }))).toEqual([kind, code]);
  });

  it('fits thousands of mismatches into what the robot takes', async () => {
    const { channel } = world.open({ robot: settingsOf('dingtalk', world.receivers) });
    const items = Array.from({ length: 5_000 }, () => mismatchItem(mismatch()));
    expect(await channel('robot').send(message(items))).toEqual({ kind: 'sent', code: '0' });
    expect(world.receivers.messages('dingtalk')[0]?.text).toContain('共 5000 条');
  });

  it('takes DingTalk’s punishment for throttling, whatever its errcode', () => {
    const body = JSON.stringify({ status: 1111, wait: 5, punish: 'deny', errcode: 88, errmsg: 'too fast' });
    const answer = { kind: 'answer' as const, status: 200, retryAfter: undefined, body };
    expect(robotOutcome(answer, DINGTALK_CODES, [])).toMatchObject({ kind: 'throttled', retryAfterMs: 600_000 });
  });

  it('is silent for ten minutes when the robot throttles it', async () => {
    const { channel } = world.open({ robot: settingsOf('dingtalk', world.receivers) });
    let last: SendOutcome = { kind: 'sent', code: '0' };
    for (let sent = 0; sent <= 20 && last.kind === 'sent'; sent += 1) last = await channel('robot').send(TOLD);
    expect(last).toMatchObject({ kind: 'throttled', code: '130101', retryAfterMs: 600_000 });
  });

  it('is refused with a wrong signature or token', async () => {
    const secretFile = wrongSecret();
    expect(await send('dingtalk', { settings: { secretFile } })).toMatchObject({
      kind: 'refused',
      code: '310000',
      detail: 'errcode 310000: sign not match',
    });
    expect(brief(await send('dingtalk', { settings: { accessTokenFile: secretFile } }))).toEqual(['refused', '300005']);
  });

  it('fails where nobody listens, without naming the address', async () => {
    const outcome = await send('dingtalk', { settings: { url: 'http://127.0.0.1:1/robot/send' } });
    expect(outcome).toEqual({ kind: 'failed', code: 'network', detail: 'No connection (ECONNREFUSED).' });
  });
});

describe('the WeCom channel', () => {
  it('sends markdown that calls people, once', async () => {
    expect(await send('wecom')).toEqual({ kind: 'sent', code: '0' });
    const [received, ...others] = world.receivers.messages('wecom');
    expect(others).toEqual([]);
    expect(received).toMatchObject({ details: { mentions: ['zhangsan'] } });
    expect(received?.bytes).toBeLessThanOrEqual(4_096);
  });

  it.each<[HttpFault, string, string]>([[{ kind: 'errcode', errcode: 93000 }, 'refused', '93000'], ...BOTH])(
    'takes %j for %s',
    async (fault, kind, code) => {
      expect(brief(await send('wecom', { fault }))).toEqual([kind, code]);
    },
  );

  it('fits thousands of mismatches into what the robot takes', async () => {
    const { channel } = world.open({ robot: settingsOf('wecom', world.receivers) });
    const items = Array.from({ length: 5_000 }, () => mismatchItem(mismatch()));
    expect(await channel('robot').send(message(items))).toEqual({ kind: 'sent', code: '0' });
    expect(world.receivers.messages('wecom')[0]?.text).toContain('共 5000 条');
  });

  it('waits a minute when the robot throttles it', async () => {
    const { channel } = world.open({ robot: settingsOf('wecom', world.receivers) });
    let last: SendOutcome = { kind: 'sent', code: '0' };
    for (let sent = 0; sent <= 20 && last.kind === 'sent'; sent += 1) last = await channel('robot').send(TOLD);
    expect(last).toMatchObject({ kind: 'throttled', code: '45009', retryAfterMs: 60_000 });
  });

  it('is refused with a wrong key', async () => {
    expect(brief(await send('wecom', { settings: { keyFile: wrongSecret() } }))).toEqual(['refused', '93000']);
  });
});
