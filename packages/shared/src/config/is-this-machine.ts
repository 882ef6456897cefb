/** Whether a host name or address is this machine itself, so that what goes there passes no network. */
export function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** This machine, or a name that only a cluster's own DNS knows, alone or with its namespace: nothing there leaves for the internet. */
export function isThisMachineOrCluster(host: string): boolean {
  return isThisMachine(host) || /^[a-z][a-z0-9-]*$|\.svc(\.cluster\.local)?$/.test(host);
}
