import { verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Merchant } from '../merchants/merchant.ts';
import type { Merchants } from '../merchants/open-merchants.ts';
import { type ApiFailure, failed } from './api-outcome.ts';

/** A caller's clock may be wrong by five minutes either way (page 4012365334). */
const TIMESTAMP_WINDOW_MS = 300_000;
/** Of the body, as captured answers show it (`{"amount`). */
const SHOWN_BODY_CHARACTERS = 8;
const SCHEME = 'WECHATPAY2-SHA256-RSA2048';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Verified = { readonly kind: 'verified'; readonly merchant: Merchant } | ApiFailure;

/** Checks what WeChat Pay checks before it looks at a call: the needed headers, the caller's clock, its signature. */
export function verifyRequest(request: SignedRequest, merchants: Merchants, nowMs: number): Verified {
  const { headers } = request;
  if (!headers['user-agent']) return failed('PARAM_ERROR', 'The User-Agent header is missing; send one.');
  if (!acceptsJson(headers.accept)) {
    return failed('PARAM_ERROR', 'The Accept header does not allow application/json; send "Accept: application/json".');
  }
  const credentials = parseAuthorization(headers.authorization);
  if (credentials === undefined) {
    return failed(
      'SIGN_ERROR',
      `The Authorization header is missing or malformed; send ${SCHEME} with mchid, nonce_str, timestamp, serial_no and signature.`,
    );
  }
  if (Math.abs(nowMs - Number(credentials.timestamp) * 1000) > TIMESTAMP_WINDOW_MS) {
    return failed('SIGN_ERROR', 'The Authorization timestamp is more than 5 minutes off; set the clock of the caller.');
  }
  const merchant = merchants.get(credentials.mchid);
  if (merchant === undefined) {
    return failed('SIGN_ERROR', `The Authorization mchid ${credentials.mchid} is unknown; use one of GET /merchants.`);
  }
  if (credentials.serialNo.toUpperCase() !== merchant.keys.serialNo) {
    return failed(
      'SIGN_ERROR',
      'The Authorization serial_no is not that of the merchant; use serialNo of GET /merchants.',
    );
  }
  const message = `${request.method}\n${request.url}\n${credentials.timestamp}\n${credentials.nonce}\n${request.body}\n`;
  const signature = Buffer.from(credentials.signature, 'base64');
  if (!verify('sha256', Buffer.from(message, 'utf8'), merchant.apiPublicKey, signature)) {
    return failed(
      'SIGN_ERROR',
      'The Authorization signature is wrong; sign METHOD, URL, timestamp, nonce and body as sent.',
      signDetail(request, message),
    );
  }
  return { kind: 'verified', merchant };
}

/** What was verified, for the caller to compare with what it signed; length in bytes (vector "SIGN_ERROR with detail"). */
function signDetail({ method, url, body }: SignedRequest, message: string) {
  const truncated = message.slice(0, message.length - body.length - 1) + body.slice(0, SHOWN_BODY_CHARACTERS);
  return {
    detail: { issue: 'sign not match' },
    field: 'signature',
    location: 'authorization',
    sign_information: {
      method,
      sign_message_length: Buffer.byteLength(message, 'utf8'),
      truncated_sign_message: `${truncated}\n`,
      url,
    },
  };
}

function acceptsJson(accept: string | undefined): boolean {
  return accept !== undefined && (accept.includes('application/json') || accept.includes('*/*'));
}

interface Credentials {
  readonly mchid: string;
  readonly nonce: string;
  readonly timestamp: string;
  readonly serialNo: string;
  readonly signature: string;
}

/** `WECHATPAY2-SHA256-RSA2048 mchid="…",nonce_str="…",signature="…",timestamp="…",serial_no="…"`, in any order. */
function parseAuthorization(header: string | undefined): Credentials | undefined {
  if (header === undefined || !header.startsWith(`${SCHEME} `)) return undefined;
  const fields = new Map<string, string>();
  for (const match of header.slice(SCHEME.length).matchAll(/(\w+)="([^"]*)"/g))
    fields.set(match[1] ?? '', match[2] ?? '');
  const mchid = fields.get('mchid');
  const nonce = fields.get('nonce_str');
  const timestamp = fields.get('timestamp');
  const serialNo = fields.get('serial_no');
  const signature = fields.get('signature');
  if (!mchid || !nonce || !timestamp || !serialNo || !signature || !/^\d{1,12}$/.test(timestamp)) return undefined;
  return { mchid, nonce, timestamp, serialNo, signature };
}
