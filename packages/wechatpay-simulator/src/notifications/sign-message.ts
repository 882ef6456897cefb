import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** Headers that WeChat Pay puts on everything it signs (page 4013053420). */
export interface SignatureHeaders {
  readonly 'Wechatpay-Serial': string;
  readonly 'Wechatpay-Signature': string;
  readonly 'Wechatpay-Timestamp': string;
  readonly 'Wechatpay-Nonce': string;
  readonly 'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048';
}

// On the thread pool: an RSA signature takes about half a millisecond, in which the event loop can serve others.
const signAsync = promisify(sign);

/** Signs `timestamp\nnonce\nbody\n` with SHA256withRSA, stamped with `nowMs` (ms UTC) and a fresh nonce. */
export async function signMessage(
  privateKey: KeyObject,
  serial: string,
  body: string,
  nowMs: number,
): Promise<SignatureHeaders> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = randomBytes(16).toString('hex');
  const signature = await signAsync('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`, 'utf8'), privateKey);
  return {
    'Wechatpay-Serial': serial,
    'Wechatpay-Signature': signature.toString('base64'),
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  };
}
