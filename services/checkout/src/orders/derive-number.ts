import { createHash } from 'node:crypto';

/** WeChat Pay's limit (page 4012791877). */
const MAX_OUT_TRADE_NO = 32;
/** 82 bits: two orders get the same number never, and if they did, the second would be refused. */
const FEWEST_RANDOM_CHARACTERS = 16;
const DEFAULT_PREFIX = 'PG';

/**
 * The number of an order whose request brought none: the same key of the same client is the same number for ever, so that
 * no repeat, however late, is prepaid under a second one. Undefined when the prefix leaves too little room.
 */
export function deriveOrderNumber(
  prefix: string | undefined,
  parts: { mchid: string; client: string; key: string },
): string | undefined {
  const head = prefix ?? DEFAULT_PREFIX;
  const room = MAX_OUT_TRADE_NO - head.length;
  if (room < FEWEST_RANDOM_CHARACTERS) return undefined;
  return head + digits([parts.mchid, parts.client, parts.key]).slice(0, room);
}

/** The same for a refund (at most 64 characters). */
export function deriveRefundNumber(parts: { mchid: string; client: string; key: string; outTradeNo: string }): string {
  return `R${digits([parts.mchid, parts.client, parts.outTradeNo, parts.key])}`;
}

/** 48 or more characters of 0-9 A-Z. */
function digits(parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return BigInt(`0x1${hash}`).toString(36).slice(1).toUpperCase();
}
