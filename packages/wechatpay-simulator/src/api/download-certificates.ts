import { randomBytes } from 'node:crypto';
import { toBeijingTime } from '../beijing-time.ts';
import type { CertifiedKey } from '../merchants/platform-certificate.ts';
import { encryptResource } from '../notifications/encrypt-resource.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiOutcome, answered, failed } from './api-outcome.ts';
import type { SignedCall } from './signed-call.ts';

const ASSOCIATED_DATA = 'certificate';
/** The real message, as wechatpay-java issue 354 quotes it: SDKs' users search for it. */
const NO_CERTIFICATE =
  '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/docs/merchant/products/platform-certificate/wxp-pub-key-guide.html';

/**
 * `GET /v3/certificates`: the platform certificates in use, encrypted under the APIv3 key; the older first. Merchants of
 * the public key alone have none. `algorithm_type` is ignored: there are RSA certificates only.
 */
export function downloadCertificates(_parts: SimulatorParts, { merchant }: SignedCall): ApiOutcome {
  if (merchant.mode === 'public-key') return failed('RESOURCE_NOT_EXISTS', NO_CERTIFICATE);
  const sealed = merchant.signing.returnedCertificates.map((certificate) =>
    sealCertificate(certificate, merchant.keys.apiV3Key),
  );
  return answered({ data: sealed });
}

/** Fields in the order of real answers (the vectors of certificates-response.json). */
function sealCertificate({ serial, certificatePem, notBeforeMs, notAfterMs }: CertifiedKey, apiV3Key: string) {
  const nonce = randomBytes(6).toString('hex');
  return {
    effective_time: toBeijingTime(notBeforeMs),
    encrypt_certificate: {
      algorithm: 'AEAD_AES_256_GCM',
      associated_data: ASSOCIATED_DATA,
      ciphertext: encryptResource(apiV3Key, certificatePem, ASSOCIATED_DATA, nonce),
      nonce,
    },
    expire_time: toBeijingTime(notAfterMs),
    serial_no: serial,
  };
}
