import { randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { toAlphanumeric } from '../seeded-bytes.ts';
import { DEFAULT_SHARE } from './change-signing.ts';
import { generatePrivateKey } from './generate-key.ts';
import { createMerchant, type Merchant } from './merchant.ts';
import { MerchantSigning } from './merchant-signing.ts';
import { issueApiCertificate, issuePlatformCertificate } from './platform-certificate.ts';
import type { RootCa } from './root-ca.ts';
import { BY_PLAN, type VerificationMode } from './signing-state.ts';

export interface MerchantSpec {
  readonly mchid: string;
  readonly appid?: string | undefined;
  readonly mode?: VerificationMode | undefined;
  /** Of notifications while rotating, 0 to 1. */
  readonly publicKeyShare?: number | undefined;
}

/** A merchant with fresh keys and certificates. Three RSA key pairs: up to half a second, on the thread pool. */
export async function generateMerchant(
  spec: MerchantSpec,
  rootCa: RootCa | Promise<RootCa>,
  clock: Clock,
): Promise<Merchant> {
  const [issuer, apiPrivateKey, platformPrivateKey, publicKeyPrivateKey] = await Promise.all([
    rootCa,
    generatePrivateKey(),
    generatePrivateKey(),
    generatePrivateKey(),
  ]);
  const by = { rootCa: issuer, notBeforeMs: clock.now() };
  const api = issueApiCertificate(spec.mchid, { ...by, privateKey: apiPrivateKey });
  const state = {
    mode: spec.mode ?? 'certificate',
    publicKeyShare: spec.publicKeyShare ?? DEFAULT_SHARE,
    switchStartedMs: undefined,
    current: issuePlatformCertificate({ ...by, privateKey: platformPrivateKey }),
    next: undefined,
    isReturnPostponed: false,
    ...BY_PLAN,
  };
  return createMerchant({
    mchid: spec.mchid,
    appid: spec.appid ?? `wx${randomBytes(8).toString('hex')}`,
    keys: {
      apiPrivateKey,
      apiCertificatePem: api.certificatePem,
      serialNo: api.serial,
      apiV3Key: toAlphanumeric(randomBytes(32), 32),
      publicKeyPrivateKey,
      publicKeyId: `PUB_KEY_ID_${randomDigits(34)}`,
    },
    signing: new MerchantSigning(state, issuer, clock),
  });
}

function randomDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}
