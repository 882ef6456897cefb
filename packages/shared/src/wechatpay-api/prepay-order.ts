import { z } from 'zod';
import { type BuiltRequest, buildRequest, type RequestBuilder } from './build-request.ts';
import type { PrepayRequest, PrepayResult } from './outcomes.ts';
import { parseBody, type Reading } from './reading.ts';
import { appParameters, jsapiParameters } from './sign-payer-parameters.ts';
import { freshness, type MerchantCredentials } from './sign-request.ts';

const codeSchema = z.object({ code_url: z.string().min(1).max(512) });
const linkSchema = z.object({ h5_url: z.string().min(1).max(2_048) });
const prepaySchema = z.object({ prepay_id: z.string().min(1).max(64) });

/** The request that prepays an order: `POST /v3/pay/transactions/{native|jsapi|app|h5}` (page 4012791877). */
export function buildPrepay(builder: RequestBuilder, order: PrepayRequest): Promise<BuiltRequest> {
  const fields = {
    appid: order.appid,
    description: order.description,
    out_trade_no: order.outTradeNo,
    time_expire: toRfc3339(order.expiresAt),
    notify_url: order.notifyUrl,
    ...(order.attach === undefined ? {} : { attach: order.attach }),
    amount: { total: order.amountTotal, currency: 'CNY' as const },
  };
  switch (order.tradeType) {
    case 'native':
      return buildRequest(builder.transactions_native(fields));
    case 'app':
      return buildRequest(builder.transactions_app(fields));
    case 'jsapi':
      return buildRequest(builder.transactions_jsapi({ ...fields, payer: { openid: order.openid } }));
    case 'h5': {
      const scene_info = { payer_client_ip: order.payerClientIp, h5_info: { type: 'Wap' } };
      return buildRequest(builder.transactions_h5({ ...fields, scene_info }));
    }
  }
}

/** What the payer's device needs, of the answer; signed anew at each call, at `now` (ms UTC). */
export function readPrepaid(
  body: Buffer,
  order: PrepayRequest,
  credentials: MerchantCredentials,
  now: number,
): Reading<PrepayResult> {
  if (order.tradeType === 'native') {
    const code = parseBody(codeSchema, body);
    return code.ok ? { ok: true, value: { tradeType: 'native', codeUrl: code.value.code_url } } : code;
  }
  if (order.tradeType === 'h5') {
    const link = parseBody(linkSchema, body);
    return link.ok ? { ok: true, value: { tradeType: 'h5', h5Url: link.value.h5_url } } : link;
  }
  const prepaid = parseBody(prepaySchema, body);
  if (!prepaid.ok) return prepaid;
  const parameters = { appid: order.appid, prepayId: prepaid.value.prepay_id, ...freshness(now) };
  const sign = order.tradeType === 'jsapi' ? jsapiParameters : appParameters;
  return { ok: true, value: sign(credentials, parameters) };
}

/** Seconds and an offset, as WeChat Pay writes its own times. */
function toRfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+00:00');
}
