import { type KeyObject, randomBytes, sign } from 'node:crypto';

/** With what a merchant signs its calls: the private key of its API certificate and that certificate's serial. */
export type MerchantCredentials = { mchid: string; serialNo: string; privateKey: KeyObject };

export type RequestToSign = {
  method: 'GET' | 'POST';
  /** Path and query exactly as they go over the wire, encoded. */
  target: string;
  /** The body's exact text; '' for none. */
  body: string;
  /** Seconds. More than 5 minutes off and WeChat Pay refuses the call (SIGN_ERROR). */
  timestamp: number;
  nonce: string;
};

/**
 * The `Authorization` header of an APIv3 call: SHA256withRSA over `method\ntarget\ntimestamp\nnonce\nbody\n`, where an
 * empty body still ends with its newline (page 4012365336).
 */
export function authorizationHeader(credentials: MerchantCredentials, request: RequestToSign): string {
  const { method, target, timestamp, nonce, body } = request;
  const signature = signLines(credentials.privateKey, [method, target, String(timestamp), nonce, body]);
  const fields = [
    `mchid="${credentials.mchid}"`,
    `nonce_str="${nonce}"`,
    `signature="${signature}"`,
    `timestamp="${timestamp}"`,
    `serial_no="${credentials.serialNo}"`,
  ];
  return `WECHATPAY2-SHA256-RSA2048 ${fields.join(',')}`;
}

/** When something is signed (in seconds; `now` in ms UTC), and a nonce of 32 characters that nobody can guess. */
export function freshness(now: number): { timestamp: number; nonce: string } {
  return { timestamp: Math.floor(now / 1_000), nonce: randomBytes(16).toString('hex') };
}

/** SHA256withRSA (PKCS#1 v1.5) over the lines, each ended by a newline; base64. */
export function signLines(privateKey: KeyObject, lines: readonly string[]): string {
  const message = lines.map((line) => `${line}\n`).join('');
  return sign('RSA-SHA256', Buffer.from(message, 'utf8'), privateKey).toString('base64');
}
