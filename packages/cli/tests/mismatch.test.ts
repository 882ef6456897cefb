import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MCHID, type MismatchWorld, openMismatchWorld } from './mismatch-world.ts';

const PERSON = ['--by', '李薇', '--reason', 'the payer was paid back by hand'];
const SOON = { timeout: 45_000, interval: 100 };
/** Each run of the command line tool may be a process of its own. */
const TIMEOUT_MS = 120_000;

let world: MismatchWorld;
beforeAll(async () => {
  world = await openMismatchWorld();
}, TIMEOUT_MS);
afterAll(() => world?.close());

const mismatch = (...args: string[]) => world.payguard('mismatch', ...args);

/** Found by a part of the system, and taken up by the alerter; answers its id. */
async function found(outTradeNo: string, kind: 'paid_not_recorded' | 'amount_mismatch'): Promise<string> {
  await world.findMismatch(outTradeNo, kind);
  return vi.waitFor(async () => {
    const rows: { id: string }[] = await world.pool.query('SELECT id FROM mismatches WHERE out_trade_no = ?', [
      outTradeNo,
    ]);
    expect(rows).toHaveLength(1);
    return String(rows[0]?.id);
  }, SOON);
}

describe('payguard mismatch', { timeout: TIMEOUT_MS }, () => {
  it('lists what is open, until a person closes it by name and reason, which stands and is in the audit log', async () => {
    const id = await found('MISMATCH_0001', 'amount_mismatch');
    const other = await found('MISMATCH_0002', 'paid_not_recorded');
    const { stdout } = await mismatch('list', '--state', 'open', '--kind', 'amount_mismatch');
    expect(stdout).toMatch(/20\S+ +amount_mismatch +open +1900000009 +MISMATCH_0001 +pending 600 fen +SUCCESS 1 fen/);
    expect(stdout).not.toContain(other);

    const closed = await mismatch('resolve', '--id', id, ...PERSON);
    expect(closed).toMatchObject({ code: 0, stdout: `${id}: resolved\n` });
    const again = await mismatch('resolve', '--id', id, '--by', '王芳', '--reason', 'so do I');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('李薇 has resolved it at') });
    const refused = await mismatch('dismiss', '--id', id, ...PERSON);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('that stands') });

    const all = JSON.parse((await mismatch('list', '--order', 'MISMATCH_0001', '--json')).stdout);
    expect(all).toMatchObject([{ id, mchid: MCHID, state: 'resolved', handled_by: '李薇', handled_reason: PERSON[3] }]);
    const open: { id: string; out_trade_no: string }[] = JSON.parse((await mismatch('list', '--json')).stdout);
    // This alerter reads the topic that other tests' worlds write to as well.
    const ours = open.filter((one) => one.out_trade_no?.startsWith('MISMATCH_'));
    expect(ours.map((one) => one.id)).toEqual([other]);

    const audit = await world.payguard('audit', 'list', '--subject', `mismatch:${id}`, '--json');
    expect(JSON.parse(audit.stdout)).toMatchObject([
      { actor: '李薇', action: 'mismatch.resolve', before: { state: 'open' }, after: { state: 'resolved' } },
    ]);
  });

  it('refuses what names nothing, and nobody', async () => {
    const unknown = 'f'.repeat(32);
    for (const [args, message] of [
      [['resolve', ...PERSON], 'No mismatch is named'],
      [['resolve', '--id', 'MISMATCH_0001', ...PERSON], '32 hex digits'],
      [['dismiss', '--id', unknown, ...PERSON], 'There is no mismatch'],
      [['dismiss', '--id', unknown, '--by', '李薇'], '--reason is missing'],
      [['list', '--state', 'gone'], 'give one of open, auto_repaired'],
      [['forget'], 'means nothing'],
    ] as const) {
      await expect(mismatch(...args)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    }
  });
});
