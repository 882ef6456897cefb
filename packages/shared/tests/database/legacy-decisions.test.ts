import { classifyOrder, type RechargeRow } from '@payguard/shared/database/legacy-upgrade/classify-order';
import { mapLegacyStatus } from '@payguard/shared/database/legacy-upgrade/map-legacy-status';
import { parseLegacyAmount } from '@payguard/shared/database/legacy-upgrade/parse-legacy-amount';
import { splitStatements } from '@payguard/shared/database/read-migrations';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('parseLegacyAmount', () => {
  it.each([
    ['6.3', 'yuan', 630],
    ['0.01', 'yuan', 1],
    ['6.300', 'yuan', 630],
    ['600', 'fen', 600],
    ['600.00', 'fen', 600],
    ['19.99', 'yuan', 1999],
    ['6.305', 'yuan', null],
    ['6.3', 'fen', null],
    ['0', 'fen', null],
    ['-6', 'fen', null],
    ['', 'fen', null],
    ['1e3', 'fen', null],
    ['six', 'yuan', null],
    ['9999999999999999', 'yuan', null],
    [null, 'yuan', null],
  ] as const)('reads %j in %s as %j fen', (text, unit, fen) => {
    expect(parseLegacyAmount(text, unit)).toBe(fen);
  });

  it('reads every amount in yuan that it could have been written as', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), (fen) => {
        const text = `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
        expect(parseLegacyAmount(text, 'yuan')).toBe(fen);
      }),
    );
  });
});

describe('mapLegacyStatus', () => {
  it.each([
    ['NOTPAY', 'pending'],
    ['notpay', 'pending'],
    [' ', 'pending'],
    [null, 'pending'],
    ['Success', 'paid'],
    ['revoked', 'cancelled'],
    ['REFUND', 'refunded'],
    ['Expired', 'expired'],
    ['shipped', null],
  ])('reads %j as %j', (status, mapped) => {
    expect(mapLegacyStatus(status)).toBe(mapped);
  });
});

describe('classifyOrder', () => {
  const row = (id: number, newest: RechargeRow['newest'] = null): RechargeRow => ({
    id,
    createdAt: '2025-07-12 00:57:19',
    balanceAfter: 660,
    newest,
  });

  it('takes a paid order with its recharge row for credited', () => {
    expect(classifyOrder('paid', [row(1)])).toEqual({ credit: row(1), finding: null });
    expect(classifyOrder('refunded', [row(1)])).toEqual({ credit: row(1), finding: null });
  });

  it('does not mistake a customer who buys the same again after a bad repair for a half-run one', () => {
    // The bad repair left 1320 in balance_after, the balance was 660; the next purchase of 660 was done right.
    const again = { ...row(2, { userBalance: 1320, balanceBefore: 1320 }), balanceAfter: 1320 };
    expect(classifyOrder('paid', [again])).toEqual({ credit: again, finding: null });
  });

  it('never credits an order that is not paid, however many recharge rows it has', () => {
    fc.assert(
      fc.property(fc.constantFrom('pending', 'failed', 'cancelled', 'expired'), fc.nat(3), (status, count) => {
        const rows = Array.from({ length: count }, (_, index) => row(index + 1));
        const finding = count === 0 ? null : 'recharged_not_paid';
        expect(classifyOrder(status, rows)).toEqual({ credit: null, finding });
      }),
    );
  });
});

describe('splitStatements', () => {
  it('splits at semicolons at line ends and leaves comments out', () => {
    expect(splitStatements("-- why;\nA\n  DEFAULT 'x;y';\n\nB;\n-- end\n")).toEqual(["A\n  DEFAULT 'x;y'", 'B']);
  });
});
