/** Why the simulator cannot start, in one sentence for the person who started it. */
export function explainStartError(error: unknown): string {
  if (!(error instanceof Error)) return `wechatpay-simulator cannot start: ${String(error)}`;
  const { code, address, port }: NodeJS.ErrnoException & { address?: string; port?: number } = error;
  const place = `${address}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `wechatpay-simulator cannot start: ${place} is taken; choose another --port (or --tls-port), or none for a free one.`;
    case 'EACCES':
      return port === undefined
        ? plain(error)
        : `wechatpay-simulator cannot start: ${place} is not allowed to it; choose a --port above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `wechatpay-simulator cannot start: this machine has no address ${address ?? ''}; choose another --host.`;
    default:
      return plain(error);
  }
}

function plain(error: Error): string {
  return `wechatpay-simulator cannot start: ${error.message.split('\n', 1).join('')}`;
}
