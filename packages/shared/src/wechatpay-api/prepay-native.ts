import { type KeyObject, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock/clock.ts';
import { isSignatureValid, isTimestampFresh } from '../wechatpay-verify/signed-message.ts';
import { authorizationHeader, type MerchantCredentials } from './sign-request.ts';

export type WechatPayApi = {
  /** Without a slash at the end. */
  baseUrl: string;
  credentials: MerchantCredentials;
  /** WeChat Pay's key by `Wechatpay-Serial`; undefined when it is none of ours. */
  verificationKey(serial: string): KeyObject | undefined;
  clock: Clock;
};

export type NativeOrder = {
  appid: string;
  outTradeNo: string;
  /** Fen. */
  amountTotal: number;
  description: string;
  notifyUrl: string;
  /** ms UTC, a minute to seven days ahead. */
  expiresAt: number;
};

export type PrepayOutcome =
  | { outcome: 'prepaid'; codeUrl: string }
  /** WeChat Pay said no: the same call will be refused again unless `status` is 429 or 5xx. */
  | { outcome: 'refused'; status: number; code: string; message: string };

/** WeChat Pay answers in tens of ms; a payer does not wait longer than this for a QR code. */
const CALL_TIMEOUT_MS = 10_000;
const TARGET = '/v3/pay/transactions/native';

const prepaidSchema = z.object({ code_url: z.string().min(1) });
const refusedSchema = z.object({ code: z.string(), message: z.string() });

/**
 * Prepays an order for payment by QR code (`POST /v3/pay/transactions/native`, page 4012791877). An identical repeat is
 * answered alike, so a call that failed may be made again. Throws when there is no answer, or a 2xx one whose signature
 * cannot be trusted.
 */
export async function prepayNative(api: WechatPayApi, order: NativeOrder): Promise<PrepayOutcome> {
  const body = JSON.stringify({
    appid: order.appid,
    mchid: api.credentials.mchid,
    description: order.description,
    out_trade_no: order.outTradeNo,
    time_expire: toRfc3339(order.expiresAt),
    notify_url: order.notifyUrl,
    amount: { total: order.amountTotal, currency: 'CNY' },
  });
  const signed = { method: 'POST', target: TARGET, body, ...freshness(api.clock) } as const;
  const answer = await fetch(api.baseUrl + TARGET, {
    method: signed.method,
    // WeChat Pay refuses some calls without a User-Agent.
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'payguard',
      authorization: authorizationHeader(api.credentials, signed),
    },
    body,
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) return { outcome: 'refused', status: answer.status, ...readRefusal(bytes) };
  requireTrusted(api, answer.headers, bytes);
  return { outcome: 'prepaid', codeUrl: prepaidSchema.parse(JSON.parse(bytes.toString('utf8'))).code_url };
}

function freshness(clock: Clock): { timestamp: number; nonce: string } {
  return { timestamp: Math.floor(clock.now() / 1000), nonce: randomBytes(16).toString('hex') };
}

/** A 4xx carries no signature, and one from a gateway on the way may be HTML or nothing. */
function readRefusal(bytes: Buffer): { code: string; message: string } {
  try {
    return refusedSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return { code: 'NO_JSON', message: 'the answer is no JSON of WeChat Pay' };
  }
}

/** A 2xx answer without a valid, fresh signature by a known key is forged (page 4013053420). */
function requireTrusted(api: WechatPayApi, headers: Headers, body: Buffer): void {
  const serial = headers.get('wechatpay-serial') ?? '';
  const timestamp = headers.get('wechatpay-timestamp') ?? '';
  const nonce = headers.get('wechatpay-nonce') ?? '';
  const signature = headers.get('wechatpay-signature') ?? '';
  const key = api.verificationKey(serial);
  if (key === undefined) throw new Error(`WeChat Pay's answer names the unknown key "${serial}"; add it to the keys.`);
  if (!isTimestampFresh(timestamp, api.clock.now())) {
    throw new Error("WeChat Pay's answer carries a stale timestamp; check this machine's clock.");
  }
  if (!isSignatureValid({ timestamp, nonce, body, signature }, key)) {
    throw new Error(`WeChat Pay's answer is not signed by key ${serial}; repeat the call.`);
  }
}

/** Seconds and an offset, as WeChat Pay writes its own times. */
function toRfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+00:00');
}
