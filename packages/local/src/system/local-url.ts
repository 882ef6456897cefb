/** Only this machine may reach what runs here. */
export const HOST = '127.0.0.1';

export function localUrl(port: number, path = ''): string {
  return `http://${HOST}:${port}${path}`;
}
