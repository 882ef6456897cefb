import { deriveBytes } from '../seeded-bytes.ts';
import type { SignatureHeaders } from './sign-message.ts';

/** With this WeChat Pay begins the false signatures by which it tests receivers (page 4013053420). */
export const SIGNTEST_PREFIX = 'WECHATPAY/SIGNTEST/';

export type SignatureForgery = 'tampered_signature' | 'signtest' | 'unknown_serial';

/** The headers with their signature made false, or made by a key that nobody knows by its serial. */
export function forgeSignature<H extends SignatureHeaders>(headers: H, forgery: SignatureForgery): H {
  const signature = headers['Wechatpay-Signature'];
  switch (forgery) {
    case 'tampered_signature':
      return { ...headers, 'Wechatpay-Signature': flipLastByte(signature) };
    case 'signtest':
      return { ...headers, 'Wechatpay-Signature': SIGNTEST_PREFIX + signature.slice(SIGNTEST_PREFIX.length) };
    case 'unknown_serial':
      return { ...headers, 'Wechatpay-Serial': unknownSerial(headers['Wechatpay-Serial']) };
  }
}

export function flipLastByte(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 0x01, last);
  return bytes.toString('base64');
}

/** 40 upper-case hex digits like a certificate's; always the same ones for one true serial. */
function unknownSerial(trueSerial: string): string {
  return deriveBytes('unknown-serial', trueSerial).toString('hex').slice(0, 40).toUpperCase();
}
