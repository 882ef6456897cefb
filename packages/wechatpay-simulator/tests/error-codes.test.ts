import { describe, expect, it } from 'vitest';
import { MerchantCalls } from './merchant-calls.ts';
import type { CallAnswer } from './merchant-client.ts';
import { openScene } from './simulated-merchant.ts';

// The table of facts §3.1, as far as an ordinary call can come by the code. Those that only WeChat Pay's own troubles
// bring (SYSTEM_ERROR, SERVICE_UNAVAILABLE, NOT_ENOUGH, …) are faults, and those of bills are tested with the bills.

interface Case {
  readonly status: number;
  readonly code: string;
  readonly when: string;
  /** After the last `-` of the Request-ID (wechatpay-skills 排障手册); 0 where it is not known. */
  readonly errorNumber?: number;
  provoke(shop: MerchantCalls): Promise<CallAnswer>;
}

const CASES: readonly Case[] = [
  {
    status: 400,
    code: 'PARAM_ERROR',
    when: 'a field is against its form',
    provoke: (shop) => shop.prepay('native', 'ABC'),
  },
  {
    status: 400,
    code: 'INVALID_REQUEST',
    when: 'a refund number comes back with another amount',
    provoke: async (shop) => {
      shop.makePaid('PAID_1');
      await shop.refund('PAID_1', 'REFUND_1', 1);
      return shop.refund('PAID_1', 'REFUND_1', 2);
    },
  },
  {
    status: 400,
    code: 'APPID_MCHID_NOT_MATCH',
    when: 'the appid is of nobody',
    provoke: (shop) => shop.prepay('native', 'ORDER_1', { appid: 'wx0000000000000000' }),
  },
  {
    status: 400,
    code: 'ORDER_CLOSED',
    when: 'a closed order is to be paid after all',
    provoke: async (shop) => {
      await shop.prepay('native', 'ORDER_1');
      await shop.close('ORDER_1');
      return shop.prepay('native', 'ORDER_1');
    },
  },
  {
    status: 400,
    code: 'ORDER_PAID',
    when: 'a paid order is to be closed',
    provoke: async (shop) => {
      shop.makePaid('PAID_1');
      return shop.close('PAID_1');
    },
  },
  {
    status: 401,
    code: 'SIGN_ERROR',
    when: 'the signature is not over what was sent',
    errorNumber: 268443699,
    provoke: (shop) =>
      shop.call('/v3/certificates', { forgeAuthorization: (text) => text.replace('nonce_str="', 'nonce_str="0') }),
  },
  {
    status: 403,
    code: 'OUT_TRADE_NO_USED',
    when: 'an order number comes back with another amount',
    provoke: async (shop) => {
      await shop.prepay('native', 'ORDER_1');
      return shop.prepay('native', 'ORDER_1', { amount: { total: 101, currency: 'CNY' } });
    },
  },
  {
    status: 403,
    code: 'TRADE_ERROR',
    when: 'an unpaid order is to be refunded',
    provoke: async (shop) => {
      await shop.prepay('native', 'ORDER_1');
      return shop.refund('ORDER_1', 'REFUND_1', 1);
    },
  },
  {
    status: 404,
    code: 'ORDER_NOT_EXIST',
    when: 'an order is not there',
    errorNumber: 268512771,
    provoke: (shop) => shop.query('NOBODY_KNOWS'),
  },
  {
    status: 404,
    code: 'RESOURCE_NOT_EXISTS',
    when: 'a refund is not there',
    provoke: (shop) => shop.queryRefund('NOBODY_KNOWS'),
  },
  {
    status: 429,
    code: 'FREQUENCY_LIMITED',
    when: 'two refunds of an order come within a minute',
    errorNumber: 268447840,
    provoke: async (shop) => {
      shop.makePaid('PAID_1');
      await shop.refund('PAID_1', 'REFUND_1', 1);
      return shop.refund('PAID_1', 'REFUND_2', 1);
    },
  },
];

describe('an error answer', () => {
  it.each(CASES)('$status $code: $when', async ({ status, code, errorNumber = 0, provoke }) => {
    await using scene = await openScene();
    const answer = await provoke(new MerchantCalls(scene));
    expect(answer).toMatchObject({ status, json: { code, message: expect.stringMatching(/^\S.*\.$/) } });
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('request-id')).toMatch(new RegExp(`-${errorNumber}$`));
    expect([...answer.headers.keys()].filter((name) => name.startsWith('wechatpay-'))).toEqual([]);
  });
});
