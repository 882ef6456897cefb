import { toBeijingTime } from '../beijing-time.ts';
import { deriveBytes, flatten, toAlphanumeric } from '../seeded-bytes.ts';
import type { OrderTerms, TradeType } from './order.ts';

const HOUR_MS = 3_600_000;

/** code_url and prepay_id are good for two hours, h5_url for five minutes (facts from the prepay pages, §3.3). */
const HANDLE_LIFE_MS: Readonly<Record<TradeType, number>> = {
  NATIVE: 2 * HOUR_MS,
  JSAPI: 2 * HOUR_MS,
  APP: 2 * HOUR_MS,
  MWEB: 5 * 60_000,
};

export function isHandleExpired(tradeType: TradeType, issuedAtMs: number, nowMs: number): boolean {
  return nowMs - issuedAtMs >= HANDLE_LIFE_MS[tradeType];
}

/**
 * What brings the payer to the order: the code_url of a NATIVE one, else its prepay_id (`wx`, the Beijing time, 18 more
 * characters; an h5_url carries it). The same order issued at the same time gets the same handle.
 */
export function issuePrepayHandle(seed: string, terms: OrderTerms, issuedAtMs: number): string {
  const bytes = deriveBytes(seed, 'prepay', terms.mchid, terms.outTradeNo, String(issuedAtMs));
  if (terms.tradeType === 'NATIVE') return flatten(`weixin://wxpay/bizpayurl?pr=${toAlphanumeric(bytes, 9)}`);
  const time = toBeijingTime(issuedAtMs).slice(0, 19).replaceAll(/\D/g, '');
  return flatten(`wx${time}${bytes.toString('hex').slice(0, 18)}00`);
}
