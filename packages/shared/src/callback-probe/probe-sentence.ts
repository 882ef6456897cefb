import { hostOf, portOf } from './open-connection.ts';
import type { Verdict } from './verdict.ts';

/** What was asked: the callback URL of merchants.yaml, and the health URL beside it. */
export type Asked = { callbackUrl: URL; healthUrl: URL };

/** One sentence for people: what is wrong, at which host or URL, and what to do. Pure. */
export function probeSentence(verdict: Verdict, { callbackUrl, healthUrl }: Asked): string {
  const host = hostOf(callbackUrl);
  const port = portOf(callbackUrl);
  switch (verdict.finding) {
    case 'ok':
      return `${callbackUrl.href} is answered by payguard's gateway, in ${verdict.durationMs} ms.`;
    case 'dns_failed':
      return `DNS gives no address for ${host} (${verdict.code}), so that no callback can arrive: correct its DNS record, or notifyUrl in merchants.yaml.`;
    case 'connection_refused':
      return `Nothing listens on port ${port} of ${host}, so that no callback can arrive: start what is in front of the gateway (ingress, load balancer), or open the port there.`;
    case 'connect_timeout':
      return `No connection to port ${port} of ${host} comes about (${verdict.code}): look at firewall, security group, and the address that DNS gives.`;
    case 'tls_expired':
      return `${expiredCertificate(host, verdict.endedAt)}, so that WeChat Pay breaks off every callback: renew it, and have the ingress load the new one.`;
    case 'tls_untrusted':
      return untrusted(host, port, verdict.code);
    case 'redirected':
      return `${healthUrl.href} redirects${verdict.location === null ? '' : ` to ${verdict.location}`} (${verdict.status}), and for WeChat Pay a redirect is a failed callback: let the gateway answer there itself, without login or change of scheme.`;
    case 'not_payguard':
      return `${healthUrl.href} is answered with ${verdict.status}${by(verdict.contentType)} by something that is not payguard's gateway, such as a login page: route the path to the gateway, without a login.`;
    case 'not_found':
      return verdict.isCallbackFine
        ? `${healthUrl.href} is not found (404), although callbacks reach the gateway: expose this path beside the callback's, so that it can be watched.`
        : `${healthUrl.href} is not found (404): route ${folderOf(callbackUrl)} of ${host} to the callback gateway, or correct notifyUrl in merchants.yaml.`;
    case 'http_error':
      return httpError(healthUrl, verdict);
    case 'slow':
      return `${callbackUrl.href} ${verdict.durationMs === null ? 'gives no answer in time' : `takes ${(verdict.durationMs / 1_000).toFixed(1)} s to answer`}, and WeChat Pay waits 5 s at most: look at the way there, and at the load of ingress and gateway.`;
    case 'post_accepted':
      return `${callbackUrl.href} answers ${verdict.status}${by(verdict.contentType)} to an unsigned callback, so something before the gateway swallows WeChat Pay's callbacks for good: route the path to the gateway itself.`;
    case 'post_unreachable':
      return `${callbackUrl.href} ${'code' in verdict ? `gives no answer to a POST (${verdict.code})` : `answers a POST with ${verdict.status}${by(verdict.contentType)}`} where the gateway would refuse it in JSON: look for a WAF, a proxy or a route that takes POSTs, and let them through unchanged.`;
  }
}

function expiredCertificate(host: string, endedAt: number | null): string {
  if (endedAt === null) return `A certificate in the TLS chain of ${host} has expired`;
  return `The TLS certificate of ${host} expired on ${new Date(endedAt).toISOString().slice(0, 10)}`;
}

/** Codes of OpenSSL and Node that people meet; the others stand for themselves. */
const MISTRUST: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not a public one',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is unknown, or an intermediate certificate is missing',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is unknown, or an intermediate certificate is missing',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is made out to another name',
  CERT_NOT_YET_VALID: 'it is not valid yet',
};

function untrusted(host: string, port: number, code: string): string {
  const why = MISTRUST[code];
  if (why === undefined) {
    return `No TLS connection to port ${port} of ${host} comes about (${code}): let the ingress speak TLS there, with a certificate of a public authority.`;
  }
  return `The TLS certificate of ${host} is not to be trusted (${why}), so that WeChat Pay breaks off every callback: install one of a public authority, with its intermediate certificates.`;
}

function httpError(healthUrl: URL, verdict: Extract<Verdict, { finding: 'http_error' }>): string {
  if ('code' in verdict) {
    return `The connection to ${healthUrl.href} breaks before an answer (${verdict.code}): look at the log of ingress and gateway.`;
  }
  return verdict.isGateway
    ? `The gateway at ${healthUrl.href} says that it cannot take callbacks (${verdict.status}): look at its log, at Kafka, and at its topics.`
    : `${healthUrl.href} answers ${verdict.status}: look at ingress and gateway, and at what stands between.`;
}

function by(contentType: string | null): string {
  return contentType === null ? '' : ` (${contentType})`;
}

function folderOf({ pathname }: URL): string {
  return pathname.slice(0, pathname.lastIndexOf('/') + 1);
}
