import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { privatePem, publicPem } from './issue-certificate.ts';
import type { Merchant } from './merchant.ts';
import {
  type MerchantPaths,
  type MerchantSettings,
  merchantPaths,
  merchantSettings,
  pathsIn,
} from './merchant-files.ts';
import { replaceFile } from './replace-file.ts';

/** Saves a merchant, new or changed. A new folder appears whole or not at all, so that a killed start leaves no half. */
export function saveMerchant(stateDir: string, merchant: Merchant): void {
  const paths = merchantPaths(stateDir, merchant.mchid);
  if (existsSync(paths.dir)) {
    writeMerchant(paths, merchant);
    return;
  }
  const parent = join(stateDir, 'merchants');
  mkdirSync(parent, { recursive: true });
  const newPaths = pathsIn(mkdtempSync(join(parent, '.new-')));
  mkdirSync(newPaths.verification);
  writeMerchant(newPaths, merchant);
  renameSync(newPaths.dir, paths.dir);
}

function writeMerchant(paths: MerchantPaths, merchant: Merchant): void {
  const { keys } = merchant;
  const { current, next } = merchant.signing.state;
  const dropped = serialsSavedIn(paths).filter((serial) => serial !== current.serial && serial !== next?.serial);
  replaceFile(paths.apiKey, privatePem(keys.apiPrivateKey), 'private');
  replaceFile(paths.apiCertificate, keys.apiCertificatePem, 'public');
  replaceFile(paths.publicKeyKey, privatePem(keys.publicKeyPrivateKey), 'private');
  replaceFile(paths.platformKey, privatePem(current.privateKey), 'private');
  if (next !== undefined) replaceFile(paths.nextPlatformKey, privatePem(next.privateKey), 'private');
  replaceFile(paths.verificationOf(keys.publicKeyId), publicPem(keys.publicKeyPrivateKey), 'public');
  replaceFile(paths.verificationOf(current.serial), current.certificatePem, 'public');
  if (next !== undefined) replaceFile(paths.verificationOf(next.serial), next.certificatePem, 'public');
  replaceFile(paths.settings, `${JSON.stringify(settingsOf(merchant), null, 2)}\n`, 'private');
  // After the settings, which name the files that must be there.
  for (const serial of dropped) rmSync(paths.verificationOf(serial), { force: true });
  if (next === undefined) rmSync(paths.nextPlatformKey, { force: true });
}

function settingsOf({ mchid, appid, keys, signing }: Merchant): MerchantSettings {
  const { state } = signing;
  return {
    mchid,
    appid,
    mode: state.mode,
    publicKeyShare: state.publicKeyShare,
    serialNo: keys.serialNo,
    apiV3Key: keys.apiV3Key,
    platformSerial: state.current.serial,
    publicKeyId: keys.publicKeyId,
    nextPlatformSerial: state.next?.serial,
    newCertificateShare: state.newCertificateShare,
    switchStartedMs: state.switchStartedMs,
    returnedByHandMs: state.returnedByHandMs,
    isReturnPostponed: state.isReturnPostponed,
  };
}

/** Platform certificates that the folder holds by its settings so far; none when it is new. */
function serialsSavedIn(paths: MerchantPaths): string[] {
  if (!existsSync(paths.settings)) return [];
  const saved = merchantSettings.parse(JSON.parse(readFileSync(paths.settings, 'utf8')));
  return [saved.platformSerial, ...(saved.nextPlatformSerial === undefined ? [] : [saved.nextPlatformSerial])];
}
