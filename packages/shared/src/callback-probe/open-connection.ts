import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { untilAborted } from '../clock/until-aborted.ts';
import type { Deadline, ProbeLimits } from './probe-limits.ts';

export type Connected = { kind: 'connected'; socket: Socket; certificateEnds: number | null };

export type NoConnection = {
  kind: 'no_connection';
  step: 'dns' | 'connect' | 'tls';
  /** Of Node or OpenSSL (ENOTFOUND, ECONNREFUSED, CERT_HAS_EXPIRED, …), or TIMEOUT. */
  code: string;
  /** ms UTC, where the host showed a certificate. */
  certificateEnds: number | null;
};

export type Way = {
  url: URL;
  limits: ProbeLimits;
  deadline: Deadline;
  /** PEM of the authorities to trust; undefined: those that Node trusts. */
  trusted: readonly string[] | undefined;
};

/** Another address of the same name is tried after this, and the first one waited for all the same. */
const NEXT_ADDRESS_AFTER_MS = 1_000;

/** A new connection to the host of a URL, step by step, so that a failure names its step. Rejects for nothing. */
export async function openConnection(way: Way): Promise<Connected | NoConnection> {
  const addresses = await inTime(way, way.limits.dnsMs, (signal) => untilAborted(findAddresses(way.url), signal));
  if ('code' in addresses) return { ...addresses, kind: 'no_connection', step: 'dns', certificateEnds: null };
  const plain = await inTime(way, way.limits.connectMs, (signal) => openSocket(way.url, addresses.value, signal));
  if ('code' in plain) return { ...plain, kind: 'no_connection', step: 'connect', certificateEnds: null };
  if (way.url.protocol === 'http:') return { kind: 'connected', socket: plain.value, certificateEnds: null };
  const secure = await inTime(way, way.limits.tlsMs, (signal) => shakeHands(way, plain.value, signal));
  if ('code' in secure) return { ...secure, kind: 'no_connection', step: 'tls', certificateEnds: null };
  return judgeCertificate(secure.value);
}

/** `hostname` without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** IPv4 first: the error of the first address is the one that is reported. */
function findAddresses(url: URL): Promise<LookupAddress[]> {
  return lookup(hostOf(url), { all: true, order: 'ipv4first' });
}

async function openSocket(url: URL, addresses: LookupAddress[], signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host: hostOf(url),
    port: portOf(url),
    lookup: (_host, { all }, answer) => {
      const [first] = addresses;
      if (all === true) answer(null, addresses);
      else answer(null, first?.address ?? '', first?.family);
    },
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
  });
  return untilEvent(socket, 'connect', signal);
}

/** Goes on with a certificate that is not trusted, to see when it ends; nothing is sent over such a connection. */
function shakeHands({ url, trusted }: Way, socket: Socket, signal: AbortSignal): Promise<TLSSocket> {
  const host = hostOf(url);
  const secure = connectTls({
    socket,
    host,
    // An address is no server name (RFC 6066).
    servername: isIP(host) === 0 ? host : '',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...(trusted === undefined ? {} : { ca: [...trusted] }),
  });
  return untilEvent(secure, 'secureConnect', signal);
}

function judgeCertificate(socket: TLSSocket): Connected | NoConnection {
  const ends = Date.parse(socket.getPeerX509Certificate()?.validTo ?? '');
  const certificateEnds = Number.isNaN(ends) ? null : ends;
  if (socket.authorized) return { kind: 'connected', socket, certificateEnds };
  socket.destroy();
  // Node's types say Error, Node says the code as text.
  return { kind: 'no_connection', step: 'tls', code: String(socket.authorizationError), certificateEnds };
}

async function untilEvent<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  // What breaks later, while nobody reads, must not end the process.
  socket.on('error', () => undefined);
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (err) {
    socket.destroy();
    throw err;
  }
}

async function inTime<T>(
  { deadline }: Way,
  stepMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ value: T } | { code: string }> {
  const signal = AbortSignal.timeout(deadline.leftFor(stepMs));
  try {
    return { value: await work(signal) };
  } catch (err) {
    return { code: signal.aborted ? 'TIMEOUT' : errorCode(err) };
  }
}

/** A word for people and for decisions; no part of a message, which may quote what came from outside. */
export function errorCode(err: unknown): string {
  const code = err instanceof Error && 'code' in err ? String(err.code) : '';
  return /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : 'UNKNOWN';
}
