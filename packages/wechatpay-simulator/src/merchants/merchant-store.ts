import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createMerchant, type Merchant } from './merchant.ts';

/**
 * One folder per merchant:
 *   merchant.json              ids, serials, APIv3 key, mode
 *   apiclient_key.pem          the merchant's API private key, under the name of WeChat Pay's own download
 *   platform_key.pem           private, signs as the platform certificate
 *   public_key_key.pem         private, signs as the WeChat Pay public key
 *   verification/<id>.pem      the public halves, one file per serial, as a receiver wants them
 */
const merchantFile = z.object({
  mchid: z.string(),
  appid: z.string(),
  mode: z.enum(['certificate', 'public-key', 'rotating']),
  publicKeyShare: z.number(),
  serialNo: z.string(),
  apiV3Key: z.string().length(32),
  platformSerial: z.string(),
  publicKeyId: z.string(),
});

/** Reads the merchant saved under `stateDir`, or undefined when there is none. Throws when its files are damaged. */
export async function loadMerchant(stateDir: string, mchid: string): Promise<Merchant | undefined> {
  const dir = merchantDir(stateDir, mchid);
  if (!existsSync(dir)) return undefined;
  try {
    return await readMerchant(dir);
  } catch (cause) {
    throw new Error(`the keys in ${dir} cannot be read; restore that folder, or remove it to get new ones.`, { cause });
  }
}

async function readMerchant(dir: string): Promise<Merchant> {
  const saved = merchantFile.parse(JSON.parse(await readFile(join(dir, 'merchant.json'), 'utf8')));
  const readKey = async (name: string) => createPrivateKey(await readFile(join(dir, name)));
  return createMerchant({
    mchid: saved.mchid,
    appid: saved.appid,
    mode: saved.mode,
    publicKeyShare: saved.publicKeyShare,
    keys: {
      apiPrivateKey: await readKey('apiclient_key.pem'),
      serialNo: saved.serialNo,
      apiV3Key: saved.apiV3Key,
      platformPrivateKey: await readKey('platform_key.pem'),
      platformSerial: saved.platformSerial,
      publicKeyPrivateKey: await readKey('public_key_key.pem'),
      publicKeyId: saved.publicKeyId,
    },
  });
}

/** Saves a new merchant. The folder appears whole or not at all, so that a killed start leaves no half key set. */
export async function saveMerchant(stateDir: string, merchant: Merchant): Promise<void> {
  const { keys, mchid, appid, mode, publicKeyShare } = merchant;
  const { serialNo, apiV3Key, platformSerial, publicKeyId } = keys;
  const parent = join(stateDir, 'merchants');
  await mkdir(parent, { recursive: true });
  const dir = await mkdtemp(join(parent, '.new-'));
  await mkdir(join(dir, 'verification'));
  const settings = { mchid, appid, mode, publicKeyShare, serialNo, apiV3Key, platformSerial, publicKeyId };
  await writeFile(join(dir, 'merchant.json'), `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  await writeFile(join(dir, 'apiclient_key.pem'), privatePem(keys.apiPrivateKey), { mode: 0o600 });
  await writeFile(join(dir, 'platform_key.pem'), privatePem(keys.platformPrivateKey), { mode: 0o600 });
  await writeFile(join(dir, 'public_key_key.pem'), privatePem(keys.publicKeyPrivateKey), { mode: 0o600 });
  await writeFile(join(dir, 'verification', `${platformSerial}.pem`), publicPem(keys.platformPrivateKey));
  await writeFile(join(dir, 'verification', `${publicKeyId}.pem`), publicPem(keys.publicKeyPrivateKey));
  await rename(dir, merchantDir(stateDir, mchid));
}

export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function publicPem(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

export function merchantDir(stateDir: string, mchid: string): string {
  return join(stateDir, 'merchants', mchid);
}
