import { fromShopTime, isTimeZone, toShopTime } from '@payguard/shared/database/shop-time';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const SHANGHAI = 'Asia/Shanghai';
const BERLIN = 'Europe/Berlin';

describe('shop time', () => {
  it("reads the incident's payment time in Asia/Shanghai as the instant eight hours earlier in UTC", () => {
    expect(fromShopTime('2025-07-12 00:57:19', SHANGHAI)).toBe(Date.UTC(2025, 6, 11, 16, 57, 19));
  });

  it('writes an instant as the wall clock of the shop, cut to the second', () => {
    expect(toShopTime(Date.UTC(2025, 6, 11, 16, 57, 19, 999), SHANGHAI)).toBe('2025-07-12 00:57:19');
    expect(toShopTime(Date.UTC(1969, 11, 31, 23, 59, 59, 1), 'UTC')).toBe('1969-12-31 23:59:59');
  });

  it('writes midnight as hour 00 of the new day', () => {
    expect(toShopTime(Date.UTC(2025, 11, 31, 16, 0, 0), SHANGHAI)).toBe('2026-01-01 00:00:00');
  });

  it('knows that China had summer time from 1986 to 1991', () => {
    expect(fromShopTime('1988-07-01 12:00:00', SHANGHAI)).toBe(Date.UTC(1988, 6, 1, 3));
    expect(toShopTime(Date.UTC(1988, 6, 1, 3), SHANGHAI)).toBe('1988-07-01 12:00:00');
    expect(fromShopTime('1992-07-01 12:00:00', SHANGHAI)).toBe(Date.UTC(1992, 6, 1, 4));
  });

  it('takes the earlier of two equal wall clock times when clocks go back', () => {
    expect(fromShopTime('2025-10-26 02:30:00', BERLIN)).toBe(Date.UTC(2025, 9, 26, 0, 30));
  });

  it('moves a wall clock time that never was to after the gap when clocks go forward', () => {
    expect(fromShopTime('2025-03-30 02:30:00', BERLIN)).toBe(Date.UTC(2025, 2, 30, 1, 30));
  });

  it('is right on both sides of a change', () => {
    expect(fromShopTime('2025-03-30 01:59:59', BERLIN)).toBe(Date.UTC(2025, 2, 30, 0, 59, 59));
    expect(fromShopTime('2025-03-30 03:00:00', BERLIN)).toBe(Date.UTC(2025, 2, 30, 1));
    expect(fromShopTime('2025-10-26 01:59:59', BERLIN)).toBe(Date.UTC(2025, 9, 25, 23, 59, 59));
    expect(fromShopTime('2025-10-26 03:00:00', BERLIN)).toBe(Date.UTC(2025, 9, 26, 2));
  });

  it.each(['0000-00-00 00:00:00', '2025-02-30 00:00:00', '2025-07-12', 'yesterday', '', '2025-07-12 24:00:00'])(
    'says null to %j, which is no time',
    (text) => {
      expect(fromShopTime(text, SHANGHAI)).toBeNull();
    },
  );

  it('returns every whole second of this century that it wrote for Asia/Shanghai', () => {
    const second = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2099, 11, 31) / 1000 });
    fc.assert(
      fc.property(second, (s) => {
        expect(fromShopTime(toShopTime(s * 1000, SHANGHAI), SHANGHAI)).toBe(s * 1000);
      }),
    );
  });

  it('knows which names are time zones', () => {
    expect(isTimeZone(SHANGHAI)).toBe(true);
    expect(isTimeZone('Asia/Atlantis')).toBe(false);
  });
});
