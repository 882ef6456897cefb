import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { FastifyRequest } from 'fastify';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;
const WILDCARDS = ['0.0.0.0', '::'];

/**
 * Where another machine of the same network reaches this server: by the name under which it was just called, or, when that
 * was this machine itself, by its first network address. Undefined while the server listens to this machine alone.
 */
export function phoneUrl(request: FastifyRequest, address: AddressInfo | string | null): string | undefined {
  if (!LOOPBACK.test(request.host)) return `${request.protocol}://${request.host}`;
  if (address === null || typeof address === 'string' || !WILDCARDS.includes(address.address)) return undefined;
  const networkAddress = firstNetworkAddress();
  return networkAddress === undefined ? undefined : `${request.protocol}://${networkAddress}:${address.port}`;
}

function firstNetworkAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
