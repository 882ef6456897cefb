import { toBeijingDay } from '../beijing-time.ts';
import { deriveBytes, flatten, toAlphanumeric, toDigits } from '../seeded-bytes.ts';
import type { OrderTerms } from './order.ts';

/** 28 digits as WeChat Pay gives them: `42000` and five digits, the day in Beijing, ten more digits. */
export function drawTransactionId(
  seed: string,
  terms: OrderTerms,
  successTimeMs: number,
  isTaken: (transactionId: string) => boolean,
): string {
  for (let salt = 0; ; salt += 1) {
    const digits = toDigits(derive(seed, `transaction-id-${salt}`, terms), 15);
    const transactionId = flatten(`42000${digits.slice(0, 5)}${toBeijingDay(successTimeMs)}${digits.slice(5)}`);
    if (!isTaken(transactionId)) return transactionId;
  }
}

/** 28 characters, the first an `o`, as the openids of published answers. */
export function drawOpenid(seed: string, terms: OrderTerms): string {
  return flatten(`o${toAlphanumeric(derive(seed, 'openid', terms), 27)}`);
}

function derive(seed: string, purpose: string, terms: OrderTerms): Buffer {
  return deriveBytes(seed, purpose, terms.mchid, terms.outTradeNo);
}
