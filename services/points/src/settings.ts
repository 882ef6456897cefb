import type { Merchant } from '@payguard/shared/config/merchants-file';

export type MerchantPolicy = Pick<Merchant, 'latePayment' | 'allowNegativeBalance' | 'orderPrefixes'>;

/** What a round needs to know besides the events: each merchant's policies and the shop's time zone. */
export type PointsSettings = {
  policies: ReadonlyMap<string, MerchantPolicy>;
  /** IANA name; the shop's own DATETIME columns are written in it. */
  shopTimeZone: string;
};

/** For a merchant that merchants.yaml does not name (an old order): the defaults of the file. */
const DEFAULT_POLICY: MerchantPolicy = { latePayment: 'credit', allowNegativeBalance: false, orderPrefixes: [] };

export function policyOf(settings: PointsSettings, mchid: string): MerchantPolicy {
  return settings.policies.get(mchid) ?? DEFAULT_POLICY;
}

/** False for an order of another system that shares the merchant number; without prefixes all orders are the shop's. */
export function isShopsOrder(settings: PointsSettings, mchid: string, outTradeNo: string): boolean {
  const { orderPrefixes } = policyOf(settings, mchid);
  return orderPrefixes.length === 0 || orderPrefixes.some((prefix) => outTradeNo.startsWith(prefix));
}
