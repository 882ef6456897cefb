import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStillGood, issueCertificate, type TlsCredentials } from './issue-certificate.ts';

/** Only their owner may read them. */
const SECRET_MODE = 0o600;

/** Names of the files in the state folder, each with one secret. */
const FILES = {
  smtpPassword: 'smtp-password',
  dingtalkToken: 'dingtalk-access-token',
  dingtalkSecret: 'dingtalk-secret',
  wecomKey: 'wecom-key',
  webhookSecret: 'webhook-secret',
  shopSecret: 'shop-webhook-secret',
} as const;
const CERTIFICATE_FILE = 'smtp-certificate.pem';
const PRIVATE_KEY_FILE = 'smtp-private-key.pem';

type SecretName = keyof typeof FILES;

export type KeptSecrets = {
  secrets: Readonly<Record<SecretName, string>>;
  tls: TlsCredentials;
  /** Absolute when the state folder is; `smtpCertificate` is what a mail client trusts. */
  files: Readonly<Record<SecretName | 'smtpCertificate', string>>;
};

/** Makes what is missing in the state folder, and keeps what is there, so that settings stay right over a restart. */
export function keepSecrets(stateDir: string, nowMs: number): KeptSecrets {
  mkdirSync(stateDir, { recursive: true });
  const keep = (name: SecretName, make: () => string): string => keepFile(join(stateDir, FILES[name]), make);
  const secrets = {
    smtpPassword: keep('smtpPassword', () => randomBytes(18).toString('base64url')),
    dingtalkToken: keep('dingtalkToken', () => randomBytes(32).toString('hex')),
    dingtalkSecret: keep('dingtalkSecret', () => `SEC${randomBytes(32).toString('hex')}`),
    wecomKey: keep('wecomKey', () => randomUUID()),
    webhookSecret: keep('webhookSecret', webhookSecret),
    shopSecret: keep('shopSecret', webhookSecret),
  };
  const files = Object.fromEntries(Object.entries(FILES).map(([name, file]) => [name, join(stateDir, file)]));
  return {
    secrets,
    tls: keepCertificate(stateDir, nowMs),
    files: { ...(files as Record<SecretName, string>), smtpCertificate: join(stateDir, CERTIFICATE_FILE) },
  };
}

function webhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

function keepFile(path: string, make: () => string): string {
  if (!existsSync(path)) writeFileSync(path, `${make()}\n`, { mode: SECRET_MODE });
  return readFileSync(path, 'utf8').trimEnd();
}

function keepCertificate(stateDir: string, nowMs: number): TlsCredentials {
  const certificatePath = join(stateDir, CERTIFICATE_FILE);
  const keyPath = join(stateDir, PRIVATE_KEY_FILE);
  if (existsSync(certificatePath) && existsSync(keyPath)) {
    const kept = { key: readFileSync(keyPath, 'utf8'), certificate: readFileSync(certificatePath, 'utf8') };
    if (isStillGood(kept.certificate, nowMs)) return kept;
  }
  const made = issueCertificate(nowMs);
  writeFileSync(keyPath, made.key, { mode: SECRET_MODE });
  writeFileSync(certificatePath, made.certificate);
  return made;
}
