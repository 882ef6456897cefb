import { ConfigError } from '../../config/config-error.ts';
import { isThisMachineOrCluster } from '../../config/is-this-machine.ts';

/**
 * Refuses an address to which payments, or a robot's secret, would travel in the clear through a foreign network: https, or http to this machine
 * or inside the cluster. `field` names the setting, e.g. `shop.url`. Throws ConfigError.
 */
export function checkPostAddress(field: string, address: string): void {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:') return;
  if (protocol === 'http:' && isThisMachineOrCluster(hostname)) return;
  throw new ConfigError(`${field}: must begin with https:// (http only for this machine or a service of the cluster).`);
}
