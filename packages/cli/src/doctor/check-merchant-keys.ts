import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import { notifyUrlProblem } from '@payguard/shared/config/notify-url';
import { readCredentials } from '@payguard/shared/wechatpay-api/merchant-credentials';
import { loadKeyRing, normalizeSerial } from '@payguard/shared/wechatpay-verify/key-ring';
import { type Finding, fail, ok, skip, warn } from './finding.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Time enough to fetch a new certificate and mount it everywhere; WeChat Pay hands the next one out 120 days ahead. */
const EXPIRY_WARNING_DAYS = 30;

/** What merchants.yaml says of one merchant: can its keys be read, do they fit together, how long are they valid. */
export function checkMerchant(
  merchant: Merchant,
  now: number,
  { isReadOnly, allowLocalNotifyUrl }: { isReadOnly: boolean; allowLocalNotifyUrl: boolean },
): Finding[] {
  const privateKey =
    isReadOnly && isPrivateKeyElsewhere(merchant)
      ? [skip(`private key of ${merchant.mchid}`, 'It is not here: only checkout and poll need it.')]
      : checkPrivateKey(merchant, now);
  return [...checkVerificationKeys(merchant, now), ...privateKey, checkNotifyUrl(merchant, allowLocalNotifyUrl)];
}

/** merchants.yaml names a file that is not mounted here. */
export function isPrivateKeyElsewhere({ keys: { privateKeyFile } }: Merchant): boolean {
  return privateKeyFile !== undefined && !existsSync(privateKeyFile);
}

/** The APIv3 key and the keys that WeChat Pay signs with. */
function checkVerificationKeys(merchant: Merchant, now: number): Finding[] {
  const check = `verification keys of ${merchant.mchid}`;
  let ring: ReturnType<typeof loadKeyRing>;
  try {
    ring = loadKeyRing([merchant]);
  } catch (error) {
    return [fail(check, messageOf(error), 'Put the file there, then run payguard doctor again.')];
  }
  const valid = [...ring.values()].filter(({ validTo }) => validTo > now);
  if (valid.length === 0) {
    return [
      fail(check, 'All of its keys have expired.', "Fetch WeChat Pay's current platform certificate or public key."),
    ];
  }
  const lasting = valid.some(({ validTo }) => daysUntil(validTo, now) >= EXPIRY_WARNING_DAYS);
  const ending = [...ring.values()].filter(({ validTo }) => daysUntil(validTo, now) < EXPIRY_WARNING_DAYS);
  const examples = ending.map(({ id, validTo }) => `${id}: ${describeDays(validTo, now)}`);
  if (!lasting) return [warn(check, 'The last valid key ends soon.', 'Add the next platform certificate.', examples)];
  if (ending.length > 0) {
    return [
      warn(check, 'A key has expired or ends soon; another takes over.', 'Remove it once it has expired.', examples),
    ];
  }
  return [ok(check, `APIv3 key and ${ring.size} keys of WeChat Pay can be read (${[...ring.keys()].join(', ')}).`)];
}

/** The merchant's own key, and the certificate that the merchant platform gives along with it, where it lies beside. */
function checkPrivateKey(merchant: Merchant, now: number): Finding[] {
  const check = `private key of ${merchant.mchid}`;
  const { privateKeyFile, certificateSerial } = merchant.keys;
  if (privateKeyFile === undefined) {
    const remedy = 'Give keys.privateKeyFile and keys.certificateSerial in merchants.yaml.';
    return [warn(check, 'None is given: WeChat Pay cannot be asked about its orders.', remedy)];
  }
  try {
    readCredentials(merchant);
  } catch (error) {
    return [fail(check, messageOf(error), 'Correct merchants.yaml or the file.')];
  }
  const certificate = findCertificate(privateKeyFile);
  if (certificate === undefined) return [ok(check, 'It can be read; no certificate lies beside it to compare with.')];
  if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(privateKeyFile)))) {
    const message = `It does not belong to the certificate ${certificate.serialNumber} beside it.`;
    return [fail(check, message, 'Put key and certificate of one download together.')];
  }
  if (normalizeSerial(certificateSerial ?? '') !== certificate.serialNumber.toUpperCase()) {
    const message = `certificateSerial is ${certificateSerial}, but the certificate of this key is ${certificate.serialNumber}.`;
    return [fail(check, message, `Write certificateSerial: "${certificate.serialNumber}" in merchants.yaml.`)];
  }
  const validTo = Date.parse(certificate.validTo);
  if (daysUntil(validTo, now) < EXPIRY_WARNING_DAYS) {
    const message = `The API certificate ${certificate.serialNumber} ${describeDays(validTo, now)}.`;
    return [warn(check, message, 'Make a new one in the merchant platform, and change key and serial.')];
  }
  return [ok(check, `It fits its certificate ${certificate.serialNumber}, which ${describeDays(validTo, now)}.`)];
}

/** As the merchant platform's download names it, or any other certificate in the folder. */
function findCertificate(privateKeyFile: string): X509Certificate | undefined {
  const folder = dirname(privateKeyFile);
  const files = readdirSync(folder).filter((file) => file.endsWith('.pem'));
  const named = files.toSorted((a) => (a === 'apiclient_cert.pem' ? -1 : 1));
  for (const file of named) {
    const pem = readFileSync(join(folder, file), 'utf8');
    if (pem.includes('BEGIN CERTIFICATE')) return new X509Certificate(pem);
  }
  return undefined;
}

/** The incident began with a notify URL that led nowhere. */
function checkNotifyUrl({ mchid, notifyUrl }: Merchant, allowLocal: boolean): Finding {
  const check = `notify URL of ${mchid}`;
  const remedy = "Give the callback gateway's public https address as notifyUrl in merchants.yaml.";
  if (notifyUrl === undefined) return warn(check, 'None is given: checkout and refunds need it.', remedy);
  const problem = notifyUrlProblem(notifyUrl);
  if (problem === undefined) return ok(check, `${notifyUrl} can be called from outside, by its form.`);
  return allowLocal
    ? warn(check, `${problem} ALLOW_LOCAL_NOTIFY_URL allows it.`, remedy)
    : fail(check, problem, remedy);
}

function daysUntil(at: number, now: number): number {
  return Math.floor((at - now) / DAY_MS);
}

function describeDays(at: number, now: number): string {
  const days = daysUntil(at, now);
  return days < 0 ? `expired ${-days} days ago` : `is valid for ${days} more days`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
