import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';

/** merchants.yaml with the simulator's keys (and these further fields of every merchant), and the file of API keys. */
export function writeMerchantFiles(
  folder: string,
  merchants: readonly MerchantDescription[],
  apiKey: object,
  fields: object,
) {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const entries = merchants.map((merchant) => {
    const { mchid, appid } = merchant;
    const verificationKeysDir = mkdtempSync(join(folder, 'verification-'));
    const isPublic = merchant.mode === 'public-key';
    const name = isPublic ? merchant.publicKey.id : merchant.platform.serial;
    writeFileSync(
      join(verificationKeysDir, `${name}.pem`),
      isPublic ? merchant.publicKey.publicKeyPem : merchant.platform.certificatePem,
    );
    return {
      mchid,
      appids: [appid],
      ...fields,
      keys: {
        apiV3KeyFile: write(`${mchid}.key`, merchant.apiV3Key),
        verificationKeysDir,
        privateKeyFile: write(`${mchid}.pem`, merchant.privateKeyPem),
        certificateSerial: merchant.serialNo,
      },
    };
  });
  // JSON is YAML.
  return {
    merchants: write('merchants.yaml', JSON.stringify({ merchants: entries })),
    apiKeys: write('api-keys.yaml', JSON.stringify({ keys: [apiKey] })),
  };
}
