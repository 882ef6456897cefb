import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { ConfigError } from '../config/config-error.ts';

/** Node's own authorities and those of PROBE_CA_FILE; undefined, Node's alone, without one. Throws ConfigError. */
export function readTrustedAuthorities(file: string | undefined): string[] | undefined {
  if (file === undefined) return undefined;
  const own = readCertificates(file);
  if (own === undefined || own.length === 0) {
    throw new ConfigError(
      `${file} (PROBE_CA_FILE) holds no certificates that can be read; put PEM certificates there.`,
    );
  }
  return [...getCACertificates('default'), ...own];
}

function readCertificates(file: string): string[] | undefined {
  try {
    const blocks = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    return blocks.map((pem) => new X509Certificate(pem).toString());
  } catch {
    return undefined;
  }
}
