import { describe, expect, it } from 'vitest';
import { parseOrderNumbers } from '../src/repair/read-order-numbers.ts';

describe('a list of orders', () => {
  it.each([
    ['one on each line', 'ORDER_1\nORDER_2\n', ['ORDER_1', 'ORDER_2']],
    ['a header and one column', 'order_no\r\nORDER_1\r\n', ['ORDER_1']],
    [
      'a byte order mark, quotes, spaces and empty lines',
      '\uFEFF"Out_Trade_No",x\n\n " ORDER_1 " ,9\n,\n',
      ['ORDER_1'],
    ],
    ['both columns: WeChat Pay’s number counts', 'order_no,out_trade_no\nA_1,B_1\n', ['B_1']],
    ['a number twice', 'ORDER_1\nORDER_1\n', ['ORDER_1']],
  ])('is read from %s', (_, text, numbers) => {
    expect(parseOrderNumbers(text, 'list.csv')).toEqual(numbers);
  });

  it.each([
    ['', 'list.csv is empty'],
    ['order_no\n', 'holds no order number'],
    ['ORDER_1,100\n', 'no header out_trade_no or order_no'],
    ['order_no\nORDER_1\n1.75E+16\n', 'list.csv line 3: "1.75E+16" is no order number'],
    ['order_no\n"ORDER_1\n', 'cannot be read as CSV'],
    [Array.from({ length: 10_001 }, (_, n) => `ORDER_${n}`).join('\n'), 'at most 10000'],
  ])('is refused: %#', (text, message) => {
    expect(() => parseOrderNumbers(text, 'list.csv')).toThrow(message);
  });
});
