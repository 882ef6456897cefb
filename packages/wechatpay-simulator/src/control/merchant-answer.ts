import { z } from 'zod';

const share = z.number().min(0).max(1);

const certificateAnswer = z
  .object({
    serial: z.string(),
    certificatePem: z.string(),
    publicKeyPem: z.string(),
    privateKeyPem: z.string(),
    effectiveAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'PlatformCertificate', description: 'A platform certificate with both its keys.' });

export const merchantAnswer = z
  .object({
    mchid: z.string(),
    appid: z.string(),
    mode: z.enum(['certificate', 'public-key', 'rotating']),
    publicKeyShare: share.describe('Of notifications, signed by the public key.'),
    newCertificateShare: share.describe('Of what certificates sign, signed by nextPlatform.'),
    postponeNewCertificate: z.boolean(),
    serialNo: z.string().describe("Of the merchant's own API certificate."),
    privateKeyPem: z.string(),
    certificatePem: z.string(),
    apiV3Key: z.string(),
    platform: certificateAnswer,
    nextPlatform: certificateAnswer.nullable(),
    returnedSerials: z.array(z.string()).describe('What GET /v3/certificates returns.'),
    publicKey: z.object({ id: z.string(), publicKeyPem: z.string(), privateKeyPem: z.string() }),
    rootCaPem: z.string(),
    paths: z
      .object({ privateKey: z.string(), certificate: z.string(), verification: z.string(), rootCa: z.string() })
      .nullable(),
  })
  .meta({ id: 'Merchant', description: 'A merchant with all keys, private ones included: they are worth nothing.' });

export type MerchantAnswer = z.output<typeof merchantAnswer>;
