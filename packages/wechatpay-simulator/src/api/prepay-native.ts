import { z } from 'zod';
import { explainInvalid } from '../explain-invalid.ts';
import type { Merchant } from '../merchants/merchant.ts';
import type { OrderTerms } from '../orders/order.ts';
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
import { type ApiFailure, type ApiOutcome, answered, failed } from './api-outcome.ts';
import { canonicalJson } from './canonical-json.ts';
import type { SignedCall } from './signed-call.ts';

/** Unknown fields (detail, scene_info, …) are taken as they come; they only count for "identical". */
const prepaySchema = z.looseObject({
  appid: z.string({ error: 'is missing' }),
  mchid: z.string({ error: 'is missing' }),
  description: descriptionSchema,
  out_trade_no: outTradeNoSchema,
  notify_url: notifyUrlSchema,
  amount: z.looseObject({ total: totalSchema, currency: z.literal('CNY').default('CNY') }),
  attach: attachSchema.optional(),
  time_expire: instantSchema.optional(),
});

/** `POST /v3/pay/transactions/native`: an identical repeat gets the same code_url, a differing one is refused. */
export function prepayNative(parts: SimulatorParts, call: SignedCall): ApiOutcome {
  const nowMs = parts.clock.now();
  const prepay = parsePrepay(call, nowMs);
  if (prepay.kind === 'failed') return prepay;

  // A repeat is not judged by the time that has passed since the first call.
  const isNew = parts.orders.find(prepay.terms.mchid, prepay.terms.outTradeNo) === undefined;
  if (isNew && !isAllowedExpiry(prepay.terms.expiresAtMs, nowMs)) {
    return failed('PARAM_ERROR', 'time_expire must lie between 1 minute and 7 days ahead; change it or leave it out.');
  }
  const outcome = parts.orders.place(prepay.terms, prepay.request, nowMs);
  switch (outcome.kind) {
    case 'placed':
    case 'repeated':
      return answered({ code_url: outcome.order.codeUrl });
    case 'differs':
      return failed(
        'OUT_TRADE_NO_USED',
        'out_trade_no was used with other parameters; repeat them exactly or take a new one.',
      );
    case 'already_paid':
      return failed('OUT_TRADE_NO_USED', 'out_trade_no belongs to a paid order; take a new one.');
    case 'full':
      return failed('SYSTEM_ERROR', 'The simulator holds as many orders as it can; POST /control/v1/reset empties it.');
  }
}

type Prepay = { readonly kind: 'valid'; readonly terms: OrderTerms; readonly request: string } | ApiFailure;

function parsePrepay(call: SignedCall, nowMs: number): Prepay {
  const json = parseJson(call.body);
  const parsed = prepaySchema.safeParse(json);
  if (!parsed.success) return failed('PARAM_ERROR', `The request is invalid: ${explainInvalid(parsed.error)}.`);
  const fields = parsed.data;
  const mismatch = findMismatch(fields.mchid, fields.appid, call.merchant);
  if (mismatch !== undefined) return mismatch;
  const expiresAtMs = fields.time_expire === undefined ? nowMs + DEFAULT_ORDER_LIFE_MS : Date.parse(fields.time_expire);
  const known = { mchid: fields.mchid, appid: fields.appid, outTradeNo: fields.out_trade_no };
  return {
    kind: 'valid',
    request: canonicalJson(json),
    terms: {
      ...known,
      description: fields.description,
      notifyUrl: fields.notify_url,
      total: fields.amount.total,
      attach: fields.attach,
      expiresAtMs,
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
