import { readFileSync } from 'node:fs';
import type { Connection } from './connections.ts';
import { type Hit, isFine } from './request-load.ts';

/** A process that is killed ends all its connections at once; a busy client reads that within tens of ms. */
const SEEN_WITHIN_MS = 2_000;
const ESTABLISHED = '01';

/** What the kill of one gateway cost. Each failure is counted once. */
export type Toll = {
  /** Sent before the kill over a connection that ended with the pod, and not answered before it. */
  inFlight: number;
  /** Of these, how many failed. */
  failedInFlight: number;
  /** Failed, and was sent over such a connection between the kill and the moment at which its end was read. */
  failedSentLater: number;
  /** Every other failure: what the kill does not excuse. */
  unexcused: string[];
};

/** Pure: `hits` are those of the step, the times are the load's own, in ms. */
export function countToll(hits: readonly Hit[], killedAt: number): Toll {
  const endedWithPod = ({ endedByPeerAt }: Connection): boolean =>
    endedByPeerAt !== undefined && endedByPeerAt >= killedAt && endedByPeerAt < killedAt + SEEN_WITHIN_MS;
  const toKilledPod = hits.filter(({ connection }) => connection !== undefined && endedWithPod(connection));
  const inFlight = toKilledPod.filter(({ sentAt, endedAt }) => isBefore(sentAt, killedAt) && endedAt >= killedAt);
  const sentLater = toKilledPod.filter(
    ({ sentAt, connection }) => !isBefore(sentAt, killedAt) && isBefore(sentAt, connection?.endedByPeerAt),
  );
  const failed = ({ result }: Hit): boolean => !isFine(result);
  const excused = new Set([...inFlight, ...sentLater]);
  return {
    inFlight: inFlight.length,
    failedInFlight: inFlight.filter(failed).length,
    failedSentLater: sentLater.filter(failed).length,
    unexcused: hits.filter((hit) => failed(hit) && !excused.has(hit)).map(({ result }) => String(result)),
  };
}

function isBefore(at: number | undefined, other: number | undefined): boolean {
  return at !== undefined && other !== undefined && at <= other;
}

/**
 * How many connections to a port a process's network has open, by the kernel (proc(5), /proc/pid/net/tcp): one carries one
 * request at a time, so that no more can be under way there.
 */
export function openConnections(pid: number, port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n'));
  return lines.filter((line) => {
    const [, localAddress = '', , state] = line.trim().split(/\s+/);
    return localAddress.endsWith(local) && state === ESTABLISHED;
  }).length;
}
