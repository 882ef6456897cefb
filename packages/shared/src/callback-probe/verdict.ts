/** What a probe can come to; labels of a metric, so the list is bounded. */
export const PROBE_FINDINGS = [
  'ok',
  'bad_url',
  'dns_failed',
  'connection_refused',
  'connect_timeout',
  'tls_expired',
  'tls_untrusted',
  'redirected',
  'not_payguard',
  'not_found',
  'http_error',
  'slow',
  'post_accepted',
  'post_unreachable',
] as const;

export type ProbeFinding = (typeof PROBE_FINDINGS)[number];

/**
 * What two answers came to, with what its sentence needs; `bad_url` is found before anything is asked. Codes are those of
 * Node and OpenSSL, or TIMEOUT; times in ms.
 */
export type Verdict =
  | { finding: 'ok'; durationMs: number }
  | { finding: 'dns_failed' | 'connection_refused' | 'connect_timeout'; code: string }
  | { finding: 'tls_expired'; endedAt: number | null }
  | { finding: 'tls_untrusted'; code: string }
  | { finding: 'redirected'; status: number; location: string | null }
  | { finding: 'not_payguard'; status: number; contentType: string | null }
  | { finding: 'not_found'; isCallbackFine: boolean }
  /** An answer that is none of the gateway's, or (`code`) none at all. */
  | { finding: 'http_error'; status: number; isGateway: boolean }
  | { finding: 'http_error'; code: string }
  /** null: no answer in time. */
  | { finding: 'slow'; durationMs: number | null }
  | { finding: 'post_accepted'; status: number; contentType: string | null }
  | { finding: 'post_unreachable'; status: number; contentType: string | null }
  | { finding: 'post_unreachable'; code: string };
