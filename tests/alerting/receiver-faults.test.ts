import type { HttpFault, MailFault } from '@payguard/receivers/faults';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { metricOf } from '../../services/alerter/tests/sending/sending-world.ts';
import { writeMismatches } from '../../services/alerter/tests/sending/write-mismatches.ts';
import { type AlertingWorld, openAlertingWorld } from './alerting-world.ts';

let world: AlertingWorld;
beforeAll(async () => {
  world = await openAlertingWorld(inject('databaseUrl'));
});
afterAll(() => world.stop());

type RobotName = 'dingtalk' | 'wecom';
type DeliveryRow = { outcome: string; code: string; detail: string | null };
/** The outcome, its code, and the label of the metric where it differs from the code. */
type Expected = readonly [outcome: string, code: string, label?: string];

const errcode = (code: number): HttpFault => ({ kind: 'errcode', errcode: code, times: 1 });
const hang: HttpFault = { kind: 'hang', times: 1 };
const loginPage: HttpFault = { kind: 'html', times: 1 };

const ROBOTS: [RobotName, [HttpFault, Expected][]][] = [
  [
    'wecom',
    [
      [errcode(45009), ['throttled', '45009']],
      [errcode(93000), ['refused', '93000']],
      [loginPage, ['failed', 'malformed']],
    ],
  ],
  [
    'dingtalk',
    [
      [errcode(130101), ['throttled', '130101']],
      [errcode(310000), ['refused', '310000']],
      [errcode(-1), ['failed', '-1']],
      [hang, ['failed', 'timeout']],
    ],
  ],
];

const MAIL: [MailFault, Expected][] = [
  [{ kind: 'refuse', at: 'receiver', reply: 550, times: 1 }, ['refused', 'smtp_550', 'smtp_5xx']],
  [{ kind: 'refuse', at: 'login', reply: 535, times: 1 }, ['refused', 'smtp_535', 'smtp_5xx']],
  [{ kind: 'hang', at: 'data', times: 1 }, ['failed', 'timeout']],
];

describe.concurrent('what a receiver does to a message', () => {
  it.each(ROBOTS)('stands in delivery log and metric: %s', async (channel, faults) => {
    for (const [fault, expected] of faults) {
      world.receivers.faults[channel].set(fault);
      await expectOutcome(channel, expected);
    }
  });

  it('stands in delivery log and metric: mail', async () => {
    for (const [fault, expected] of MAIL) {
      world.receivers.faults.mail.set(fault);
      await expectOutcome('mail', expected);
    }
    world.receivers.faults.mail.set({ kind: 'greylist' });
    await expectOutcome('mail', ['failed', 'smtp_451', 'smtp_4xx']);
    await vi.waitFor(() => expect(world.receivers.messages('mail')).toHaveLength(1), { timeout: 10_000 });
  });
});

/** Tells one mismatch on a channel that has forgotten what happened before. */
async function expectOutcome(channel: string, [outcome, code, label = code]: Expected): Promise<void> {
  const count = () => metricOf(world.registry, 'payguard_alert_delivery_errors_total', { channel, code: label });
  const before = (await count()) || 0;
  await forget(channel);
  const orders = [`${channel}-${code}`];
  await writeMismatches(world.pool, { channels: [channel], orders, severity: 'critical', now: Date.now() });
  const check = async () => {
    const rows: DeliveryRow[] = await world.pool.query(
      'SELECT outcome, code, detail FROM alert_deliveries WHERE channel = ? ORDER BY id',
      [channel],
    );
    expect(rows[0]).toMatchObject({ outcome, code, detail: expect.stringMatching(/\S/) });
  };
  await vi.waitFor(check, { timeout: 10_000 });
  expect(await count()).toBe(before + 1);
}

async function forget(channel: string): Promise<void> {
  await world.pool.query('DELETE FROM alert_notices WHERE channel = ?', [channel]);
  await world.pool.query('DELETE FROM alert_deliveries WHERE channel = ?', [channel]);
  await world.pool.query(
    'UPDATE alert_channels SET failures = 0, failing_since = NULL, quiet_until = NULL WHERE channel = ?',
    [channel],
  );
}
