import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '@payguard/shared/config/config-error';

/** Shorter ones can be guessed. */
const MIN_CHARS = 16;
const BEARER = /^Bearer +(\S{1,1024})$/i;

export type IsAuthorized = (authorization: string | undefined) => boolean;

/**
 * Reads the token that Alertmanager has to bring (its http_config.authorization) and answers the test of an Authorization
 * header. It takes as long for a wrong token as for the right one. Throws ConfigError, which does not name the token.
 */
export function loadBearerToken(path: string): IsAuthorized {
  const expected = hashOf(readToken(path));
  return (authorization) => {
    const [, token] = BEARER.exec(authorization ?? '') ?? [];
    return token !== undefined && timingSafeEqual(hashOf(token), expected);
  };
}

function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (err) {
    throw new ConfigError(
      `ALERTMANAGER_TOKEN_FILE: ${path} cannot be read (${err instanceof Error ? err.message : String(err)}).`,
    );
  }
  if (token.length >= MIN_CHARS && !/\s/.test(token)) return token;
  throw new ConfigError(
    `ALERTMANAGER_TOKEN_FILE: the token in ${path} is shorter than ${MIN_CHARS} characters or has spaces; make a random one.`,
  );
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
