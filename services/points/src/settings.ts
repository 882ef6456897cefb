import type { Merchant } from '@payguard/shared/config/merchants-file';

/** What a round needs to know besides the events: each merchant's policies and the shop's time zone. */
export type PointsSettings = {
  policies: ReadonlyMap<string, Pick<Merchant, 'latePayment' | 'allowNegativeBalance'>>;
  /** IANA name; the shop's own DATETIME columns are written in it. */
  shopTimeZone: string;
};

/** For a merchant that merchants.yaml does not name (an old order): the defaults of the file. */
const DEFAULT_POLICY = { latePayment: 'credit', allowNegativeBalance: false } as const;

export function policyOf(
  settings: PointsSettings,
  mchid: string,
): Pick<Merchant, 'latePayment' | 'allowNegativeBalance'> {
  return settings.policies.get(mchid) ?? DEFAULT_POLICY;
}
