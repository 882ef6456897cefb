import { ConfigError } from '../../config/config-error.ts';
import { isThisMachine } from '../../config/is-this-machine.ts';

/** How Kubernetes names a service: alone, or with its namespace. An IPv6 address has a colon, thus is none. */
const CLUSTER_HOST = /^[a-z0-9-]+$|\.svc(\.cluster\.local)?$/;

/**
 * Refuses an address to which payments would travel in the clear through a foreign network: https, or http to this machine
 * or inside the cluster. `field` names the setting, e.g. `shop.url`. Throws ConfigError.
 */
export function checkPostAddress(field: string, address: string): void {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:') return;
  if (protocol === 'http:' && (isThisMachine(hostname) || CLUSTER_HOST.test(hostname))) return;
  throw new ConfigError(`${field}: must begin with https:// (http only for this machine or a service of the cluster).`);
}
