import type { PrepayResult } from './outcomes.ts';
import { type MerchantCredentials, signLines } from './sign-request.ts';

/** `timestamp` in seconds; the nonce has at most 32 characters. */
export type PayerParameters = { appid: string; prepayId: string; timestamp: number; nonce: string };

/** What the page in WeChat hands to its JSAPI: signed over `appId\ntimeStamp\nnonceStr\npackage\n` (page 4012791857). */
export function jsapiParameters(
  { privateKey }: MerchantCredentials,
  { appid, prepayId, timestamp, nonce }: PayerParameters,
): Extract<PrepayResult, { tradeType: 'jsapi' }> {
  const named = { appId: appid, timeStamp: String(timestamp), nonceStr: nonce, package: `prepay_id=${prepayId}` };
  const paySign = signLines(privateKey, [named.appId, named.timeStamp, named.nonceStr, named.package]);
  return { tradeType: 'jsapi', parameters: { ...named, signType: 'RSA', paySign } };
}

/** What an app hands to WeChat: signed over `appid\ntimestamp\nnoncestr\nprepayid\n` (page 4013070351). */
export function appParameters(
  { privateKey, mchid }: MerchantCredentials,
  { appid, prepayId, timestamp, nonce }: PayerParameters,
): Extract<PrepayResult, { tradeType: 'app' }> {
  const named = { appid, partnerid: mchid, prepayid: prepayId, noncestr: nonce, timestamp: String(timestamp) };
  const sign = signLines(privateKey, [named.appid, named.timestamp, named.noncestr, named.prepayid]);
  return { tradeType: 'app', parameters: { ...named, package: 'Sign=WXPay', sign } };
}
