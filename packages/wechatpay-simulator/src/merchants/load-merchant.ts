import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Clock } from '../clock/clock.ts';
import { createMerchant, type Merchant } from './merchant.ts';
import { type MerchantPaths, type MerchantSettings, merchantPaths, merchantSettings } from './merchant-files.ts';
import { MerchantSigning } from './merchant-signing.ts';
import { type CertifiedKey, issueApiCertificate, issuePlatformCertificate } from './platform-certificate.ts';
import type { RootCa } from './root-ca.ts';
import { readSavedCertificate } from './saved-certificate.ts';
import { BY_PLAN, type SigningState } from './signing-state.ts';

export interface LoadedMerchant {
  readonly merchant: Merchant;
  /** True when certificates had to be issued anew, so that the folder is out of date. */
  readonly isChanged: boolean;
}

/**
 * Reads the merchant saved under `stateDir`, or undefined when there is none. Where no saved certificate fits the root CA
 * and the clock, one is issued anew for the saved key and serial. Throws when the files are damaged.
 */
export function loadMerchant(
  stateDir: string,
  mchid: string,
  rootCa: RootCa,
  clock: Clock,
): LoadedMerchant | undefined {
  const paths = merchantPaths(stateDir, mchid);
  if (!existsSync(paths.dir)) return undefined;
  try {
    return readMerchant(paths, rootCa, clock);
  } catch (cause) {
    throw new Error(`the keys in ${paths.dir} cannot be read; restore that folder, or remove it to get new ones.`, {
      cause,
    });
  }
}

function readMerchant(paths: MerchantPaths, rootCa: RootCa, clock: Clock): LoadedMerchant {
  const saved = merchantSettings.parse(JSON.parse(readFileSync(paths.settings, 'utf8')));
  const nowMs = clock.now();
  const apiPrivateKey = readKey(paths.apiKey);
  const savedApi = readSavedCertificate(paths.apiCertificate, apiPrivateKey, rootCa, nowMs);
  const apiOrder = { rootCa, privateKey: apiPrivateKey, notBeforeMs: nowMs, serial: saved.serialNo };
  const api = savedApi ?? issueApiCertificate(saved.mchid, apiOrder);
  const platform = readPlatform(paths, saved, rootCa, nowMs);
  const merchant = createMerchant({
    mchid: saved.mchid,
    appid: saved.appid,
    keys: {
      apiPrivateKey,
      apiCertificatePem: api.certificatePem,
      serialNo: saved.serialNo,
      apiV3Key: saved.apiV3Key,
      publicKeyPrivateKey: readKey(paths.publicKeyKey),
      publicKeyId: saved.publicKeyId,
    },
    signing: new MerchantSigning({ ...readShares(saved), ...platform.certificates }, rootCa, clock),
  });
  return { merchant, isChanged: savedApi === undefined || platform.isChanged };
}

function readShares(
  saved: MerchantSettings,
): Pick<SigningState, 'mode' | 'publicKeyShare' | 'switchStartedMs' | 'isReturnPostponed'> {
  return {
    mode: saved.mode,
    publicKeyShare: saved.publicKeyShare,
    switchStartedMs: saved.switchStartedMs,
    isReturnPostponed: saved.isReturnPostponed ?? false,
  };
}

/** The saved platform certificates that are valid now; the current one anew when there is none. */
function readPlatform(paths: MerchantPaths, saved: MerchantSettings, rootCa: RootCa, nowMs: number) {
  const read = (serial: string, privateKey: KeyObject): CertifiedKey | undefined =>
    readSavedCertificate(paths.verificationOf(serial), privateKey, rootCa, nowMs);
  const privateKey = readKey(paths.platformKey);
  const current = read(saved.platformSerial, privateKey);
  const { nextPlatformSerial } = saved;
  const next = nextPlatformSerial === undefined ? undefined : read(nextPlatformSerial, readKey(paths.nextPlatformKey));
  if (current !== undefined && next !== undefined) {
    const { newCertificateShare, returnedByHandMs } = saved;
    return { certificates: { current, next, newCertificateShare, returnedByHandMs }, isChanged: false };
  }
  const order = { rootCa, privateKey, notBeforeMs: nowMs, serial: saved.platformSerial };
  const sole = current ?? next ?? issuePlatformCertificate(order);
  const isChanged = current === undefined || nextPlatformSerial !== undefined;
  return { certificates: { current: sole, next: undefined, ...BY_PLAN }, isChanged };
}

function readKey(path: string): KeyObject {
  return createPrivateKey(readFileSync(path));
}
