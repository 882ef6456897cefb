import { privatePem, publicPem } from '../merchants/issue-certificate.ts';
import type { Merchant } from '../merchants/merchant.ts';
import { merchantPaths } from '../merchants/merchant-files.ts';
import type { CertifiedKey } from '../merchants/platform-certificate.ts';
import { rootCaPaths } from '../merchants/root-ca.ts';
import { toIso } from './describe-order.ts';

/** All that a receiver or caller needs to know of a merchant now, private keys included: they are worth nothing. */
export function describeMerchant(merchant: Merchant, stateDir: string | undefined) {
  const { keys, signing } = merchant;
  const { current, next, isReturnPostponed } = signing.state;
  return {
    mchid: merchant.mchid,
    appid: merchant.appid,
    mode: merchant.mode,
    /** Of notifications, signed by the public key. */
    publicKeyShare: signing.publicKeyShare,
    /** Of what certificates sign, signed by `nextPlatform`. */
    newCertificateShare: signing.newCertificateShare,
    postponeNewCertificate: isReturnPostponed,
    serialNo: keys.serialNo,
    privateKeyPem: privatePem(keys.apiPrivateKey),
    certificatePem: keys.apiCertificatePem,
    apiV3Key: keys.apiV3Key,
    /** The platform certificate; while it is rotated, the older one. */
    platform: describeCertificate(current),
    /** Its successor, from 210 days before it expires, or made by hand. */
    nextPlatform: next === undefined ? null : describeCertificate(next),
    /** Serials that GET /v3/certificates returns. */
    returnedSerials: merchant.mode === 'public-key' ? [] : signing.returnedCertificates.map(({ serial }) => serial),
    publicKey: {
      id: keys.publicKeyId,
      publicKeyPem: publicPem(keys.publicKeyPrivateKey),
      privateKeyPem: privatePem(keys.publicKeyPrivateKey),
    },
    rootCaPem: signing.rootCa.certificatePem,
    paths: stateDir === undefined ? null : describePaths(stateDir, merchant.mchid),
  };
}

export type MerchantDescription = ReturnType<typeof describeMerchant>;

function describeCertificate({ serial, privateKey, certificatePem, notBeforeMs, notAfterMs }: CertifiedKey) {
  return {
    serial,
    certificatePem,
    publicKeyPem: publicPem(privateKey),
    privateKeyPem: privatePem(privateKey),
    effectiveAt: toIso(notBeforeMs),
    expiresAt: toIso(notAfterMs),
  };
}

function describePaths(stateDir: string, mchid: string) {
  const { apiKey, apiCertificate, verification } = merchantPaths(stateDir, mchid);
  return { privateKey: apiKey, certificate: apiCertificate, verification, rootCa: rootCaPaths(stateDir).certificate };
}
