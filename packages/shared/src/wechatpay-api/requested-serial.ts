import type { KeyRing } from '../wechatpay-verify/key-ring.ts';

/**
 * The key by which an answer is to be signed, for the header `Wechatpay-Serial`: without it a merchant that moves to its
 * public key goes on getting answers signed by certificate (page 4012154180). The public key if we hold one, else the
 * newest certificate valid at `now` (ms UTC); undefined when there is neither.
 */
export function requestedSerial(keys: KeyRing, mchid: string, now: number): string | undefined {
  const own = [...keys.values()].filter((key) => key.mchid === mchid);
  const publicKey = own.find(({ id }) => id.startsWith('PUB_KEY_ID_'));
  if (publicKey !== undefined) return publicKey.id;
  const valid = own.filter(({ validFrom, validTo }) => validFrom <= now && now <= validTo);
  return valid.sort((a, b) => b.validFrom - a.validFrom)[0]?.id;
}
