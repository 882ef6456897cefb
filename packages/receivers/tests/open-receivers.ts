import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceivers, type ReceiverOptions, type Receivers } from '../src/receivers.ts';

/** Receivers in a folder of their own, which goes with them. */
export async function openReceivers(options: Partial<ReceiverOptions> = {}): Promise<Receivers> {
  const stateDir = mkdtempSync(join(tmpdir(), 'receivers-'));
  const receivers = await createReceivers({ stateDir, ...options });
  return {
    ...receivers,
    close: async () => {
      await receivers.close();
      rmSync(stateDir, { recursive: true });
    },
  };
}

export function readSecretFile(path: string): string {
  return readFileSync(path, 'utf8').trimEnd();
}

export type DingtalkCall = { text?: string; timestamp?: number; secret?: string; token?: string; body?: string };

/** Calls the robot as its documentation says; answers its JSON. */
export async function callDingtalk(receivers: Receivers, call: DingtalkCall = {}): Promise<Record<string, unknown>> {
  const { dingtalkToken, dingtalkSecret } = receivers.files;
  const {
    timestamp = Date.now(),
    secret = readSecretFile(dingtalkSecret),
    token = readSecretFile(dingtalkToken),
  } = call;
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
  const query = new URLSearchParams({ access_token: token, timestamp: String(timestamp), sign });
  const message = { msgtype: 'markdown', markdown: { title: 'title', text: call.text ?? 'text' } };
  return postJson(`${receivers.dingtalk}?${query}`, call.body ?? JSON.stringify(message));
}

export async function callWecom(receivers: Receivers, content: string, key?: string): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({ key: key ?? readSecretFile(receivers.files.wecomKey) });
  return postJson(`${receivers.wecom}?${query}`, JSON.stringify({ msgtype: 'markdown', markdown: { content } }));
}

async function postJson(url: string, body: string): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return { status: answer.status, ...JSON.parse(await answer.text()) };
}
