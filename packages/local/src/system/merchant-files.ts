import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunJson } from './run-file.ts';
import type { SimulatedMerchant } from './simulated-merchant.ts';

/** The merchant's side of the keys: what a real merchant downloads from the merchant platform, and merchants.yaml. */
export type MerchantFiles = {
  merchantsFile: string;
  merchant: RunJson['merchant'];
  wechatpay: RunJson['wechatpay'];
};

/** Writes merchants.yaml and its key files under `<stateDir>/merchant`, mode 0600, anew at each start. */
export function writeMerchantFiles(stateDir: string, described: SimulatedMerchant, notifyUrl: string): MerchantFiles {
  if (described.paths === null) throw new Error('The simulator keeps no keys: start it with --state.');
  const folder = join(stateDir, 'merchant');
  const verificationKeysDir = join(folder, 'verification');
  // A key that the simulator no longer signs with must not go on verifying.
  rmSync(verificationKeysDir, { recursive: true, force: true });
  mkdirSync(verificationKeysDir, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const { mchid, appid, serialNo, apiV3Key, platform, nextPlatform, publicKey } = described;
  const privateKeyFile = write('apiclient_key.pem', described.privateKeyPem);
  write('apiv3.key', apiV3Key);
  // While certificates rotate, the simulator signs with both.
  for (const certificate of [platform, ...(nextPlatform === null ? [] : [nextPlatform])]) {
    write(join('verification', `${certificate.serial}.pem`), certificate.certificatePem);
  }
  write(join('verification', `${publicKey.id}.pem`), publicKey.publicKeyPem);
  const merchantsFile = write('merchants.yaml', merchantsYaml({ mchid, appid, serialNo, notifyUrl }));
  const simulatorKeys = dirname(described.paths.privateKey);
  return {
    merchantsFile,
    merchant: { mchid, appid, serialNo, privateKeyFile, apiV3Key },
    wechatpay: {
      platformSerial: platform.serial,
      platformPrivateKeyFile: join(simulatorKeys, 'platform_key.pem'),
      publicKeyId: publicKey.id,
      publicKeyPrivateKeyFile: join(simulatorKeys, 'public_key_key.pem'),
      verificationKeysDir,
    },
  };
}

/** Quoted, so that a number of digits stays text. */
function merchantsYaml(merchant: { mchid: string; appid: string; serialNo: string; notifyUrl: string }): string {
  const { mchid, appid, serialNo, notifyUrl } = merchant;
  return `# Written at each start from the simulator's merchant; a real one is written by hand (docs/merchants.md).
merchants:
  - mchid: "${mchid}"
    appids: ["${appid}"]
    notifyUrl: "${notifyUrl}"
    keys:
      apiV3KeyFile: apiv3.key
      verificationKeysDir: verification
      privateKeyFile: apiclient_key.pem
      certificateSerial: "${serialNo}"
`;
}
