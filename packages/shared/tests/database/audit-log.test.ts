import { appendAudit, GENESIS_HASH, listAudit, verifyAudit } from '@payguard/shared/database/audit-log';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from './open-test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: testClock, legacy: DEFAULT_LEGACY_OPTIONS });
});
afterAll(() => database?.drop());
beforeEach(() => database.pool.query('DELETE FROM audit_log'));

const append = (subject: string): Promise<string> =>
  appendAudit(database.pool, testClock, {
    actor: '李薇',
    action: 'repair.order',
    subject,
    reason: 'the callback was lost ',
    before: { status: 'pending' },
    after: null,
  });

describe('the audit log', () => {
  it('is intact when empty, and after each row follows the one before', async () => {
    await expect(verifyAudit(database.pool)).resolves.toEqual({ outcome: 'intact', rows: 0, lastHash: GENESIS_HASH });
    await append('1900000001:ORDER_1');
    const lastHash = await append('1900000001:ORDER_2');
    await expect(verifyAudit(database.pool)).resolves.toEqual({ outcome: 'intact', rows: 2, lastHash });
    const [newest] = await listAudit(database.pool, { subject: null, limit: 1 });
    expect(newest).toMatchObject({ subject: '1900000001:ORDER_2', actor: '李薇', at: '2025-07-13 00:00:00.000' });
    await expect(listAudit(database.pool, { subject: '1900000001:ORDER_1', limit: 10 })).resolves.toHaveLength(1);
  });

  it('stays one chain when many write at the same moment', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => append(`ORDER_${n}`)));
    await expect(verifyAudit(database.pool)).resolves.toMatchObject({ outcome: 'intact', rows: 40 });
  });

  it.each([
    ["UPDATE audit_log SET reason = 'another' WHERE id = ?", 0, 'it was changed after it was written'],
    ["UPDATE audit_log SET at = '2025-07-12' WHERE id = ?", 0, 'it was changed after it was written'],
    ["UPDATE audit_log SET after_state = '{}' WHERE id = ?", 0, 'it was changed after it was written'],
    ['DELETE FROM audit_log WHERE id = ?', 1, 'a row before it was removed or added'],
  ])('names the first row that does not fit after %s', async (sql, later, reason) => {
    for (const subject of ['first', 'second', 'third']) await append(subject);
    const rows: { id: number }[] = await database.pool.query('SELECT id FROM audit_log ORDER BY id');
    await database.pool.query(sql, [rows[1]?.id]);
    await expect(verifyAudit(database.pool)).resolves.toEqual({ outcome: 'broken', id: rows[1 + later]?.id, reason });
  });

  it('refuses a text that its column would cut', async () => {
    await expect(append('x'.repeat(161))).rejects.toThrow(/too long/i);
    await expect(verifyAudit(database.pool)).resolves.toMatchObject({ outcome: 'intact', rows: 0 });
  });
});
