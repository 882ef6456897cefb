/** Of a receiver's own words, as much as tells what is wrong. */
const MAX_WORDS = 200;

/**
 * What a receiver said, fit for a log line and a database column: one line, cut, and without any of `secrets`, should it
 * have repeated one.
 */
export function receiverWords(text: string, secrets: readonly string[]): string {
  const known = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ]);
  const clean = known.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return clean
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_WORDS);
}
