import { join } from 'node:path';
import type { Merchant } from '../merchants/merchant.ts';
import { merchantDir, privatePem, publicPem } from '../merchants/merchant-store.ts';

/** All that a receiver or caller needs to know of a merchant, private keys included: they are worth nothing. */
export function describeMerchant(merchant: Merchant, stateDir: string | undefined) {
  const { keys } = merchant;
  return {
    mchid: merchant.mchid,
    appid: merchant.appid,
    mode: merchant.mode,
    publicKeyShare: merchant.publicKeyShare,
    serialNo: keys.serialNo,
    privateKeyPem: privatePem(keys.apiPrivateKey),
    apiV3Key: keys.apiV3Key,
    platform: {
      serial: keys.platformSerial,
      publicKeyPem: publicPem(keys.platformPrivateKey),
      privateKeyPem: privatePem(keys.platformPrivateKey),
    },
    publicKey: {
      id: keys.publicKeyId,
      publicKeyPem: publicPem(keys.publicKeyPrivateKey),
      privateKeyPem: privatePem(keys.publicKeyPrivateKey),
    },
    paths: stateDir === undefined ? null : pathsOf(merchantDir(stateDir, merchant.mchid)),
  };
}

export type MerchantDescription = ReturnType<typeof describeMerchant>;

function pathsOf(dir: string) {
  return { privateKey: join(dir, 'apiclient_key.pem'), verification: join(dir, 'verification') };
}
