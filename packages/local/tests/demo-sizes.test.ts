import { describe, expect, test } from 'vitest';
import { readSizes } from '../src/commands/demo-sizes.ts';

const ORDERS = { orders: '1000' };

describe('the shares of a demo', () => {
  test('are the default ones where nothing is asked for', () => {
    expect(readSizes(ORDERS)).toEqual({ orders: 1_000, lost: 10, doubled: 20, tampered: 5, probed: 5 });
  });

  test('make room for those that were given', () => {
    expect(readSizes({ ...ORDERS, lost: '100' })).toMatchObject({ lost: 100, doubled: 0, tampered: 0, probed: 0 });
    expect(readSizes({ ...ORDERS, lost: '80' })).toMatchObject({ lost: 80, doubled: 13, tampered: 3, probed: 3 });
    expect(readSizes({ ...ORDERS, lost: '60' })).toMatchObject({ lost: 60, doubled: 20, tampered: 5, probed: 5 });
    const all = { lost: '25', doubled: '25', tampered: '25', probed: '25' };
    expect(readSizes({ ...ORDERS, ...all })).toMatchObject({ lost: 25, doubled: 25, tampered: 25, probed: 25 });
  });

  test('are refused when those given make more than the whole, or are no numbers', () => {
    expect(() => readSizes({ ...ORDERS, lost: '60', doubled: '60' })).toThrow(
      /make 120 % together: give at most 100\./,
    );
    expect(() => readSizes({ ...ORDERS, lost: 'all' })).toThrow('--lost all is not a percentage from 0 to 100.');
    expect(() => readSizes({ orders: '1.5' })).toThrow('--orders 1.5 is not a whole number from 1 to 20000.');
  });
});
