import { z } from 'zod';
import { explainInvalid } from '../explain-invalid.ts';
import { planLatePayment } from '../faults/late-payment.ts';
import type { Merchant } from '../merchants/merchant.ts';
import type { Order, OrderTerms, TradeType } from '../orders/order.ts';
import {
  attachSchema,
  DEFAULT_ORDER_LIFE_MS,
  descriptionSchema,
  instantSchema,
  isAllowedExpiry,
  notifyUrlSchema,
  outTradeNoSchema,
  totalSchema,
} from '../orders/order-rules.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiFailure, answered, failed } from './api-outcome.ts';
import { canonicalJson } from './canonical-json.ts';
import { parseJson } from './parse-json.ts';
import type { ApiHandler, SignedCall } from './signed-call.ts';

const payerSchema = z.looseObject(
  { openid: z.string({ error: 'is missing' }).min(1).max(128) },
  { error: 'is missing; a JSAPI order names its payer' },
);
const deviceIdSchema = z.string().max(32).optional();
const sceneSchema = z.looseObject(
  {
    device_id: deviceIdSchema,
    payer_client_ip: z.string({ error: 'is missing' }).min(1).max(45),
    h5_info: z.looseObject({ type: z.string({ error: 'is missing' }).min(1).max(32) }, { error: 'is missing' }),
  },
  { error: 'is missing; an H5 order says where its payer is' },
);

/** Unknown fields (detail, goods_tag, …) are taken as they come; they only count for "identical". */
const prepaySchema = z.looseObject({
  appid: z.string({ error: 'is missing' }),
  mchid: z.string({ error: 'is missing' }),
  description: descriptionSchema,
  out_trade_no: outTradeNoSchema,
  notify_url: notifyUrlSchema,
  amount: z.looseObject({ total: totalSchema, currency: z.literal('CNY').default('CNY') }),
  attach: attachSchema.optional(),
  time_expire: instantSchema.optional(),
  payer: payerSchema.optional(),
  scene_info: z.looseObject({ device_id: deviceIdSchema }).optional(),
});

/** JSAPI names the payer's openid (page 4012791856), H5 the scene (page 4012791834); the others need neither. */
const SCHEMAS = {
  NATIVE: prepaySchema,
  APP: prepaySchema,
  JSAPI: prepaySchema.extend({ payer: payerSchema }),
  MWEB: prepaySchema.extend({ scene_info: sceneSchema }),
} as const;

/** `POST /v3/pay/transactions/{native|jsapi|app|h5}`: an identical repeat gets the same answer, a differing one is refused. */
export function prepay(tradeType: TradeType): ApiHandler {
  return (parts, call) => {
    const nowMs = parts.clock.now();
    const wish = parsePrepay(call, tradeType, nowMs);
    if (wish.kind === 'failed') return wish;

    // A repeat is not judged by the time that has passed since the first call.
    const isNew = parts.orders.find(wish.terms.mchid, wish.terms.outTradeNo) === undefined;
    if (isNew && !isAllowedExpiry(wish.terms.expiresAtMs, nowMs)) {
      return failed(
        'PARAM_ERROR',
        'time_expire must lie between 1 minute and 7 days ahead; change it or leave it out.',
      );
    }
    const outcome = parts.orders.place(wish.terms, wish.request, nowMs);
    if (outcome.kind === 'placed') planLatePayment(parts, outcome.order);
    switch (outcome.kind) {
      case 'placed':
      case 'repeated':
        return answered(answerOf(parts, outcome.order));
      default:
        return REFUSALS[outcome.kind];
    }
  };
}

const REFUSALS = {
  differs: failed(
    'OUT_TRADE_NO_USED',
    'out_trade_no was used with other parameters; repeat them exactly or take a new one.',
  ),
  already_paid: failed('OUT_TRADE_NO_USED', 'out_trade_no belongs to a paid order; take a new one.'),
  closed: failed('ORDER_CLOSED', 'The order is closed; take a new out_trade_no.'),
  full: failed('SYSTEM_ERROR', 'The simulator holds as many orders as it can; POST /control/v1/reset empties it.'),
} as const;

function answerOf(parts: SimulatorParts, { terms, prepayHandle }: Order): Record<string, string> {
  switch (terms.tradeType) {
    case 'NATIVE':
      return { code_url: prepayHandle };
    case 'JSAPI':
    case 'APP':
      return { prepay_id: prepayHandle };
    case 'MWEB':
      // WeChat Pay's own begins https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb; this one can be opened.
      return { h5_url: `${parts.publicUrl()}/pay/h5?prepay_id=${prepayHandle}` };
  }
}

type Prepay = { readonly kind: 'valid'; readonly terms: OrderTerms; readonly request: string } | ApiFailure;

function parsePrepay(call: SignedCall, tradeType: TradeType, nowMs: number): Prepay {
  const json = parseJson(call.body);
  const parsed = SCHEMAS[tradeType].safeParse(json);
  if (!parsed.success) return failed('PARAM_ERROR', `The request is invalid: ${explainInvalid(parsed.error)}.`);
  const fields = parsed.data;
  const mismatch = findMismatch(fields.mchid, fields.appid, call.merchant);
  if (mismatch !== undefined) return mismatch;
  return {
    kind: 'valid',
    // The kind of payment is a parameter too, although it stands in the path.
    request: `${tradeType} ${canonicalJson(json)}`,
    terms: {
      // The merchant's own texts, of which there is one for all its orders.
      mchid: call.merchant.mchid,
      appid: call.merchant.appid,
      outTradeNo: fields.out_trade_no,
      tradeType,
      description: fields.description,
      notifyUrl: fields.notify_url,
      total: fields.amount.total,
      attach: fields.attach,
      payerOpenid: tradeType === 'JSAPI' ? fields.payer?.openid : undefined,
      deviceId: fields.scene_info?.device_id,
      expiresAtMs: fields.time_expire === undefined ? nowMs + DEFAULT_ORDER_LIFE_MS : Date.parse(fields.time_expire),
    },
  };
}

function findMismatch(mchid: string, appid: string, merchant: Merchant): ApiFailure | undefined {
  if (mchid !== merchant.mchid) return failed('PARAM_ERROR', 'mchid is not that of the signer; use the same in both.');
  if (appid !== merchant.appid) {
    return failed('APPID_MCHID_NOT_MATCH', 'appid does not belong to mchid; use appid of GET /control/v1/merchants.');
  }
  return undefined;
}
