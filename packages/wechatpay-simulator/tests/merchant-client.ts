import { randomBytes, sign, verify } from 'node:crypto';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';

export interface CallOptions {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly nowMs?: number;
  readonly headers?: Record<string, string>;
  /** Changes the Authorization header on its way. */
  readonly forgeAuthorization?: (authorization: string) => string;
}

export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** As received; a file is compared by them. */
  readonly bytes: Buffer;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** Calls the API as a merchant's server does, signed with the merchant's key. */
export async function callApi(
  apiUrl: string,
  path: string,
  merchant: MerchantDescription,
  options: CallOptions = {},
): Promise<CallAnswer> {
  const method = options.method ?? (options.body === undefined ? 'GET' : 'POST');
  const body = options.body === undefined ? '' : JSON.stringify(options.body);
  const authorization = authorizationFor(merchant, method, path, body, options.nowMs ?? Date.now());
  const forge = options.forgeAuthorization ?? ((unchanged: string) => unchanged);
  const headers = {
    Accept: 'application/json',
    'User-Agent': 'tests',
    Authorization: forge(authorization),
    ...(body === '' ? {} : { 'Content-Type': 'application/json' }),
    ...options.headers,
  };
  const answer = await fetch(apiUrl + path, { method, headers, ...(body === '' ? {} : { body }) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const text = bytes.toString('utf8');
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  return { status: answer.status, headers: answer.headers, bytes, text, json: isJson ? JSON.parse(text) : {} };
}

function authorizationFor(
  merchant: MerchantDescription,
  method: string,
  path: string,
  body: string,
  nowMs: number,
): string {
  const timestamp = Math.floor(nowMs / 1000);
  const nonce = randomBytes(16).toString('hex');
  const message = `${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`;
  const signature = sign('sha256', Buffer.from(message), merchant.privateKeyPem).toString('base64');
  return `WECHATPAY2-SHA256-RSA2048 mchid="${merchant.mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${merchant.serialNo}"`;
}

/** Whether an answer's signature verifies under this public key. */
export function isAnswerSignedBy(answer: CallAnswer, publicKeyPem: string): boolean {
  const header = (name: string) => answer.headers.get(name) ?? '';
  const message = `${header('wechatpay-timestamp')}\n${header('wechatpay-nonce')}\n${answer.text}\n`;
  return verify('sha256', Buffer.from(message), publicKeyPem, Buffer.from(header('wechatpay-signature'), 'base64'));
}

export function prepayBody(merchant: MerchantDescription, outTradeNo: string, notifyUrl: string) {
  return {
    appid: merchant.appid,
    mchid: merchant.mchid,
    description: '充值 100 积分',
    out_trade_no: outTradeNo,
    notify_url: notifyUrl,
    amount: { total: 100, currency: 'CNY' },
  };
}
