import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Simulator } from 'wechatpay-simulator';
import type { WorldMerchant, WorldOptions } from './storm-world.ts';

export type MerchantSettings = Pick<WorldOptions, 'requestsPerSecond' | 'defaultNotifyUrl'> & {
  /** Those that have a policy of their own, at least. */
  merchants?: readonly WorldMerchant[];
};

/** Merchant numbers that no other world of this run has: topics are shared. */
export function freshMchids(count: number): string[] {
  const prefix = `17${String(randomBytes(4).readUInt32BE() % 1_000_000).padStart(6, '0')}`;
  return Array.from({ length: count }, (_, n) => prefix + String(n).padStart(2, '0'));
}

/** Writes merchants.yaml and the key files of the simulator's merchants; answers its path. */
export function writeMerchants(folder: string, simulator: Simulator, settings: MerchantSettings): string {
  const merchants = simulator.merchants.map((merchant) => {
    const write = (name: string, text: string): string => {
      const file = join(folder, merchant.mchid, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    };
    write(`verification/${merchant.platform.serial}.pem`, merchant.platform.certificatePem);
    return {
      ...{ mchid: merchant.mchid, appids: [merchant.appid], notifyUrl: settings.defaultNotifyUrl },
      latePayment: settings.merchants?.find(({ mchid }) => mchid === merchant.mchid)?.latePayment ?? 'credit',
      requestsPerSecond: settings.requestsPerSecond,
      keys: {
        apiV3KeyFile: write('apiv3.key', merchant.apiV3Key),
        privateKeyFile: write('apiclient_key.pem', merchant.privateKeyPem),
        certificateSerial: merchant.serialNo,
        verificationKeysDir: join(folder, merchant.mchid, 'verification'),
      },
    };
  });
  const file = join(folder, 'merchants.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ merchants }));
  return file;
}
