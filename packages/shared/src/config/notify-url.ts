import { BlockList, isIP } from 'node:net';

/** WeChat Pay's limit (page 4012791877). */
const MAX_NOTIFY_URL_CHARACTERS = 255;

/** Names that no public DNS ever answers (RFC 2606, RFC 6761, RFC 6762, ICANN's .internal). */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|test|example|invalid|home\.arpa)$/;

/**
 * Why WeChat Pay could not call this notify URL, as one sentence that says what to do; undefined when nothing speaks
 * against it. It must be https, a full public path, without query (page 4012075420). The incident that payguard exists
 * for began with a notify URL on localhost. Looks at the text only: whether it answers is the probe's question.
 */
export function notifyUrlProblem(text: string): string | undefined {
  if (text.length > MAX_NOTIFY_URL_CHARACTERS) {
    return `notifyUrl has ${text.length} characters; WeChat Pay takes ${MAX_NOTIFY_URL_CHARACTERS} at most.`;
  }
  if (!URL.canParse(text)) return `notifyUrl "${text}" is no URL; write it as https://pay.shop.com/path.`;
  const url = new URL(text);
  if (url.protocol !== 'https:') return `notifyUrl ${text} is not https; WeChat Pay calls nothing else.`;
  if (url.username !== '' || url.password !== '') return 'notifyUrl carries a user name or password; leave them out.';
  if (/[?#]/.test(text)) return `notifyUrl ${text} has a query string or fragment; WeChat Pay takes a plain path only.`;
  return hostProblem(url.hostname);
}

/** `hostname` as URL writes it: lower case, addresses in their usual form (2130706433 is 127.0.0.1), IPv6 in brackets. */
function hostProblem(hostname: string): string | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const family = isIP(host);
  if (family === 4 && NOT_PUBLIC.check(host, 'ipv4')) return unreachable(host, 'a private or reserved address');
  if (family === 6 && !isPublicIpv6(host)) return unreachable(host, 'a private or reserved address');
  if (family !== 0) return undefined;
  if (PRIVATE_NAME.test(host)) return unreachable(host, 'a name of a private network');
  return host.includes('.') ? undefined : unreachable(host, 'no public name');
}

function unreachable(host: string, what: string): string {
  return `notifyUrl points at ${host}, ${what} that WeChat Pay cannot reach; give the gateway's public https address.`;
}

/** What the address registries of IANA call not globally reachable. */
const NOT_PUBLIC = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv4');
}
/** Within global unicast: protocol assignments and Teredo, documentation, 6to4. */
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv6');
}

const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');

/** Mapped and translated IPv4 addresses lie outside global unicast, whatever they map to. */
function isPublicIpv6(address: string): boolean {
  return GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
}
