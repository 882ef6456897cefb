import { join } from 'node:path';
import { z } from 'zod';

/**
 * One folder per merchant:
 *   merchant.json                            ids, serials, APIv3 key, mode, shares
 *   apiclient_key.pem, apiclient_cert.pem    the merchant's API key and certificate, named as in WeChat Pay's download
 *   platform_key.pem                         private, signs as the current platform certificate
 *   next_platform_key.pem                    private, signs as its successor, while there is one
 *   public_key_key.pem                       private, signs as the WeChat Pay public key
 *   verification/<id>.pem                    what a receiver verifies with: certificates and the public key by serial
 */
export function merchantPaths(stateDir: string, mchid: string) {
  return pathsIn(join(stateDir, 'merchants', mchid));
}

export function pathsIn(dir: string) {
  const verification = join(dir, 'verification');
  return {
    dir,
    settings: join(dir, 'merchant.json'),
    apiKey: join(dir, 'apiclient_key.pem'),
    apiCertificate: join(dir, 'apiclient_cert.pem'),
    platformKey: join(dir, 'platform_key.pem'),
    nextPlatformKey: join(dir, 'next_platform_key.pem'),
    publicKeyKey: join(dir, 'public_key_key.pem'),
    verification,
    verificationOf: (id: string) => join(verification, `${id}.pem`),
  };
}

export type MerchantPaths = ReturnType<typeof pathsIn>;

export const merchantSettings = z.object({
  mchid: z.string(),
  appid: z.string(),
  mode: z.enum(['certificate', 'public-key', 'rotating']),
  publicKeyShare: z.number(),
  serialNo: z.string(),
  apiV3Key: z.string().length(32),
  platformSerial: z.string(),
  publicKeyId: z.string(),
  // Absent in folders from before certificates were simulated, and where they do not apply.
  nextPlatformSerial: z.string().optional(),
  newCertificateShare: z.number().optional(),
  switchStartedMs: z.number().optional(),
  returnedByHandMs: z.number().optional(),
  isReturnPostponed: z.boolean().optional(),
});

export type MerchantSettings = z.output<typeof merchantSettings>;
