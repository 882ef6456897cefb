import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceivers, type Receivers } from '@payguard/receivers/receivers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPayguard } from './run-payguard.ts';

const folder = mkdtempSync(join(tmpdir(), 'payguard-alerter-'));
const file = join(folder, 'alerts.yaml');
let receivers: Receivers;

beforeAll(async () => {
  receivers = await createReceivers({ stateDir: folder });
  writeFileSync(
    file,
    `channels:
  ops:
    type: wecom
    url: ${receivers.wecom}
    keyFile: wecom-key
  broken:
    type: wecom
    url: ${receivers.wecom}
    keyFile: nowhere
routes:
  - to: [ops]
`,
  );
});
afterAll(async () => {
  await receivers.close();
  rmSync(folder, { recursive: true });
});

describe('payguard alerter test', () => {
  it('sends a message that says it is a test, whatever is wrong with other channels', async () => {
    const { code, stdout } = await runPayguard(['alerter', 'test', '--channel', 'ops'], { ALERTS_FILE: file });
    expect([code, stdout]).toEqual([0, 'ops has taken the test message (0).\n']);
    expect(receivers.messages('wecom')[0]?.text).toContain('测试消息');
  });

  it('says why a channel did not take it, and not its secret', async () => {
    receivers.faults.wecom.set({ kind: 'errcode', errcode: 93000 });
    const { code, stdout } = await runPayguard(['alerter', 'test', '--channel', 'ops', '--file', file], {});
    expect([code, stdout]).toEqual([1, expect.stringContaining('(93000)')]);
    expect(stdout).not.toContain(readFileSync(receivers.files.wecomKey, 'utf8').trimEnd());
  });

  it.each([
    [['test'], '--channel'],
    [['test', '--channel', 'pigeon'], 'pigeon'],
    [['test', '--channel', 'broken'], 'channels.broken.keyFile'],
    [['test', '--channel', 'ops', '--file', join(folder, 'none.yaml')], 'none.yaml'],
    [['try', '--channel', 'ops'], 'payguard alerter test'],
  ])('refuses %j', async (args, reason) => {
    const { code, stderr } = await runPayguard(['alerter', ...args], { ALERTS_FILE: file });
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });
});
