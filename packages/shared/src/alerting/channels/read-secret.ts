import { readFileSync } from 'node:fs';
import { ConfigError } from '../../config/config-error.ts';

/** Printable, so that it can stand in a header or an address, and nothing of a wrong file is sent anywhere. */
const SECRET = /^[\x21-\x7e]{1,512}$/;

/**
 * A secret's file, without the line break at its end. `field` names the setting, e.g. `channels.ops.keyFile`. Throws
 * ConfigError, which says the file's name and nothing of what is in it.
 */
export function readSecret(path: string, field: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unreadable';
    throw new ConfigError(`${field}: ${path} cannot be read (${code}); it must hold the secret.`);
  }
  const secret = text.replace(/[\r\n]+$/, '');
  if (!SECRET.test(secret)) {
    throw new ConfigError(`${field}: ${path} must hold the secret alone: one line of up to 512 characters, no spaces.`);
  }
  return secret;
}
