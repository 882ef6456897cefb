import { ConfigError } from '@payguard/shared/config/config-error';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import { notifyUrlProblem } from '@payguard/shared/config/notify-url';
import type { WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';

/** A merchant that orders can be made for. */
export type ServedMerchant = Merchant & { notifyUrl: string; client: WechatPayClient };

/**
 * The merchants that checkout serves, by mchid: those with a private key. Throws ConfigError when there is none, or when
 * WeChat Pay could not call the notifyUrl of one: its orders would be paid and nobody told.
 */
export function servedMerchants(
  merchants: readonly Merchant[],
  clients: ReadonlyMap<string, WechatPayClient>,
  { allowLocalNotifyUrl }: { allowLocalNotifyUrl: boolean },
): Map<string, ServedMerchant> {
  const served = new Map<string, ServedMerchant>();
  for (const merchant of merchants) {
    const client = clients.get(merchant.mchid);
    if (client === undefined) continue;
    const notifyUrl = usableNotifyUrl(merchant, allowLocalNotifyUrl);
    served.set(merchant.mchid, { ...merchant, notifyUrl, client });
  }
  if (served.size > 0) return served;
  throw new ConfigError('merchants.yaml has no merchant with keys.privateKeyFile; checkout cannot sign without one.');
}

function usableNotifyUrl({ mchid, notifyUrl }: Merchant, allowLocal: boolean): string {
  if (notifyUrl === undefined) {
    throw new ConfigError(`merchants.yaml: merchant ${mchid} has no notifyUrl; give the gateway's public address.`);
  }
  const problem = allowLocal ? undefined : notifyUrlProblem(notifyUrl);
  if (problem !== undefined) throw new ConfigError(`merchants.yaml: merchant ${mchid}: ${problem}`);
  return notifyUrl;
}
