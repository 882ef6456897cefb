import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MailFault } from '@payguard/receivers/faults';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../src/alerting/alert-message.ts';
import { brief, openWorld, settingsOf, type World } from './open-world.ts';
import { message, mismatch, mismatchItem } from './sample-messages.ts';
import { startParrot } from './smtp-parrot.ts';

let world: World;
const outcomes: SendOutcome[] = [];

beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => world.receivers.clear());
afterAll(async () => {
  expect(world.secretsIn(outcomes)).toEqual([]);
  await world.close();
});

async function send(
  fault: MailFault | null = null,
  settings: object = {},
): Promise<{ outcome: SendOutcome; log: string[] }> {
  const { channel, log } = world.open(
    { ops: { ...settingsOf('mail', world.receivers), ...settings } },
    fault?.kind === 'hang' ? 'short' : undefined,
  );
  world.receivers.faults.mail.set(fault);
  const view = mismatch({ out_trade_no: 'A<b>&"1"' });
  const outcome = await channel('ops').send(message([mismatchItem(view)]));
  outcomes.push(outcome);
  expect(world.secretsIn(log)).toEqual([]);
  return { outcome, log };
}

describe('the mail channel', () => {
  it('sends text and HTML over STARTTLS with login, named by the message, and what is foreign is escaped', async () => {
    const { outcome } = await send();
    expect(outcome).toEqual({ kind: 'sent', code: 'smtp_250' });
    const [received] = world.receivers.messages('mail');
    expect(received).toMatchObject({
      id: '<payguard-1752253500000-1@example.com>',
      title: '【严重】微信已支付、系统未入账 共 1 条',
      details: {
        from: 'payguard@example.com',
        to: ['ops@example.com', 'finance@example.com'],
        tls: true,
        user: 'alerts@localhost',
      },
    });
    expect(received?.text).toContain('订单号：A<b>&"1"');
    expect(received?.html).toContain('A&lt;b&gt;&amp;&quot;1&quot;');
  });

  it('sends with TLS from the first byte, and in the clear to this machine', async () => {
    const { port, implicitTlsPort } = world.receivers.smtp;
    expect((await send(null, { tls: 'implicit', port: implicitTlsPort })).outcome.kind).toBe('sent');
    const clear = { tls: 'none', port, caFile: undefined, username: undefined, passwordFile: undefined };
    expect((await send(null, clear)).outcome.kind).toBe('sent');
    expect(world.receivers.messages('mail').map(({ details }) => details.tls)).toEqual([true, false]);
  });

  it.each<[MailFault, string, string]>([
    [{ kind: 'refuse', at: 'connect', reply: 554 }, 'refused', 'smtp_554'],
    [{ kind: 'refuse', at: 'connect', reply: 421 }, 'failed', 'smtp_421'],
    [{ kind: 'refuse', at: 'login', reply: 535 }, 'refused', 'smtp_535'],
    [{ kind: 'refuse', at: 'login', reply: 454 }, 'failed', 'smtp_454'],
    [{ kind: 'refuse', at: 'sender', reply: 550 }, 'refused', 'smtp_550'],
    [{ kind: 'refuse', at: 'receiver', reply: 550 }, 'refused', 'smtp_550'],
    [{ kind: 'refuse', at: 'receiver', reply: 450 }, 'failed', 'smtp_450'],
    [{ kind: 'refuse', at: 'data', reply: 452 }, 'failed', 'smtp_452'],
    [{ kind: 'refuse', at: 'data', reply: 554 }, 'refused', 'smtp_554'],
    [{ kind: 'hang', at: 'connect' }, 'failed', 'timeout'],
    [{ kind: 'hang', at: 'data' }, 'failed', 'timeout'],
    [{ kind: 'cut' }, 'failed', 'network'],
    [{ kind: 'lose_answer' }, 'failed', 'network'],
  ])('takes %j for %s', async (fault, kind, code) => {
    expect(brief((await send(fault)).outcome)).toEqual([kind, code]);
  });

  it('fails while it is greylisted, and gets through the second time', async () => {
    expect(brief((await send({ kind: 'greylist' })).outcome)).toEqual(['failed', 'smtp_451']);
    expect(brief((await send({ kind: 'greylist' })).outcome)).toEqual(['sent', 'smtp_250']);
  });

  it('counts as sent when some receivers have it, and logs the refused ones', async () => {
    const fault: MailFault = { kind: 'refuse', at: 'receiver', reply: 550, address: 'ops@example.com' };
    const { outcome, log } = await send(fault);
    expect(outcome).toEqual({ kind: 'sent', code: 'partial' });
    expect(log.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 'warn', channel: 'ops', receiver: 'ops@example.com', reply: 550 }),
    ]);
    expect(world.receivers.messages('mail')[0]?.details.to).toEqual(['finance@example.com']);
  });

  it('is refused with a wrong password', async () => {
    const passwordFile = join(world.stateDir, 'wrong-password');
    writeFileSync(passwordFile, 'wrong-password-1234\n');
    const { outcome } = await send(null, { passwordFile });
    expect(brief(outcome)).toEqual(['refused', 'smtp_535']);
    expect(JSON.stringify(outcome)).not.toContain('wrong-password-1234');
  });

  it.each(['AUTH PLAIN', 'AUTH LOGIN'])('tells nobody its password when the server repeats %s', async (mechanism) => {
    const server = await startParrot(mechanism);
    try {
      const { outcome } = await send(null, { host: '127.0.0.1', port: server.port, tls: 'none', caFile: undefined });
      expect(outcome).toMatchObject({ kind: 'refused', code: 'smtp_500', detail: expect.stringContaining('login') });
    } finally {
      await server.close();
    }
  });

  it('sends nothing to a server whose certificate it cannot verify', async () => {
    const { outcome } = await send(null, { caFile: undefined });
    expect(brief(outcome)).toEqual(['refused', 'tls']);
    expect(world.receivers.messages('mail')).toEqual([]);
  });

  it('fails where nobody listens', async () => {
    expect(brief((await send(null, { port: 1 })).outcome)).toEqual(['failed', 'network']);
  });
});
