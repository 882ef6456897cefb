/** Why no answer came, as the code of an outcome. */
export type NoAnswer = 'network' | 'timeout' | 'tls';

/** What Node says of a certificate that proves nothing; a repetition would meet the same one. */
const CERTIFICATE_ERRORS = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const TIMEOUT_NAMES = new Set(['TimeoutError', 'AbortError']);
const TIMEOUT_CODES = new Set([
  ...['ETIMEDOUT', 'EABORT', 'ABORT_ERR', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
]);

/** Judges an exception of a connection, of nodemailer or undici. */
export function failureCode(err: unknown): NoAnswer {
  const codes = codesOf(err);
  if (codes.some((code) => CERTIFICATE_ERRORS.has(code))) return 'tls';
  const isTimeout = err instanceof Error && TIMEOUT_NAMES.has(err.name);
  return isTimeout || codes.some((code) => TIMEOUT_CODES.has(code)) ? 'timeout' : 'network';
}

/** A sentence without any word of the exception's own, which may hold the address with the token in it. */
export function failureDetail(err: unknown): string {
  const codes = codesOf(err).join(', ') || 'unknown reason';
  switch (failureCode(err)) {
    case 'tls':
      return `The receiver's certificate is not trusted (${codes}).`;
    case 'timeout':
      return `No answer in time (${codes}).`;
    case 'network':
      return `No connection (${codes}).`;
  }
}

function codesOf(err: unknown): string[] {
  if (!(err instanceof Error)) return [];
  const own = ['code', 'originalCode']
    .map((field) => Reflect.get(err, field))
    .filter((code) => typeof code === 'string');
  return [...new Set([...own, ...(err.cause === undefined ? [] : codesOf(err.cause))])];
}
