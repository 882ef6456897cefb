import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedMessage } from '../src/inbox.ts';
import { createReceivers, type Receivers } from '../src/receivers.ts';
import { callDingtalk, callWecom, openReceivers, readSecretFile } from './open-receivers.ts';

let receivers: Receivers;
beforeAll(async () => {
  receivers = await openReceivers();
});
afterAll(() => receivers.close());

function call(path: string, method = 'GET', body?: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(receivers.page + path, {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });
}

async function listMessages(query: string): Promise<ReceivedMessage[]> {
  return JSON.parse(await (await call(`/messages${query}`)).text()).messages;
}

describe('the control API', () => {
  it('lists messages in order of arrival, by channel and after a number', async () => {
    await callDingtalk(receivers, { text: 'one' });
    await callWecom(receivers, 'two');
    await callDingtalk(receivers, { text: 'three' });
    const messages = await listMessages('');
    expect(messages.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    expect(await listMessages(`?channel=dingtalk&after=${messages[0]?.seq}`)).toEqual([messages[2]]);
    expect((await call('/messages?channel=pigeon')).status).toBe(400);
  });

  it('makes a receiver fail as often as it is told, and lifts the fault', async () => {
    const fault = { kind: 'errcode', errcode: 310000, times: 2 };
    expect((await call('/faults/dingtalk', 'PUT', fault)).status).toBe(204);
    const answers = [await callDingtalk(receivers), await callDingtalk(receivers), await callDingtalk(receivers)];
    expect(answers.map(({ errcode }) => errcode)).toEqual([310000, 310000, 0]);
    await call('/faults/wecom', 'PUT', { kind: 'errcode', errcode: 93000 });
    await call('/faults', 'DELETE');
    expect(await callWecom(receivers, 'hello')).toMatchObject({ errcode: 0 });
  });

  it.each([
    ['/faults/dingtalk', { kind: 'greylist' }, 400],
    ['/faults/mail', { kind: 'errcode', errcode: 1 }, 400],
    ['/faults/pigeon', { kind: 'hang' }, 404],
  ])('refuses a fault that the receiver cannot have: %s', async (path, fault, status) => {
    expect((await call(path, 'PUT', fault)).status).toBe(status);
  });

  it('forgets messages and counts on request', async () => {
    expect((await call('/messages', 'DELETE')).status).toBe(204);
    expect(receivers.messages()).toEqual([]);
    expect(await (await call('/tallies')).json()).toMatchObject({ dingtalk: { accepted: 0, refused: {} } });
  });
});

describe('the webhooks', () => {
  it.each(['webhook', 'shop'] as const)('take what is signed for the %s, and nothing else', async (channel) => {
    const secret = readSecretFile(receivers.files[channel === 'shop' ? 'shopSecret' : 'webhookSecret']);
    const body = '{"type":"points.credited"}';
    const at = new Date();
    const headers = {
      'content-type': 'application/json',
      'webhook-id': 'credit:1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign('credit:1', at, body),
    };
    const post = (sent: string) => fetch(receivers[channel], { method: 'POST', headers, body: sent });
    expect([(await post(body)).status, (await post(`${body} `)).status]).toEqual([204, 401]);
    expect(receivers.messages(channel)).toEqual([
      expect.objectContaining({ id: 'credit:1', title: 'points.credited' }),
    ]);
  });
});

describe('the page', () => {
  it('shows all messages, the newest first, and runs nothing that a message holds', async () => {
    await callDingtalk(receivers, { text: '<script>alert(1)</script>' });
    await callWecom(receivers, '### 你好');
    const answer = await call('/');
    const page = await answer.text();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.indexOf('### 你好')).toBeLessThan(page.indexOf('&lt;script&gt;'));
    expect(await (await call('/?channel=wecom')).text()).not.toContain('alert(1)');
  });
});

it('keeps secrets and certificate over a restart, for their owner alone, and tells where everything is', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'receivers-'));
  const first = await createReceivers({ stateDir });
  const files = Object.values(first.files);
  const before = files.map(readSecretFile);
  await first.close();
  const second = await createReceivers({ stateDir });
  expect(files.map(readSecretFile)).toEqual(before);
  expect(statSync(second.files.wecomKey).mode & 0o077).toBe(0);
  const told = JSON.parse(readFileSync(join(stateDir, 'receivers.json'), 'utf8'));
  expect(told).toMatchObject({ page: second.page, dingtalk: second.dingtalk, smtp: { port: second.smtp.port } });
  await second.close();
  rmSync(stateDir, { recursive: true });
});
