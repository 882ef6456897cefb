import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRootCa } from '../src/merchants/root-ca.ts';
import { createTlsCredentials } from '../src/merchants/tls-credentials.ts';

describe('the TLS credentials', () => {
  it.each(['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com', 'localhost'])(
    'let a server pass for %s at a client that trusts the root CA',
    async (host) => {
      const rootCa = await createRootCa();
      const server = createServer(await createTlsCredentials(rootCa, Date.now()), (_request, answer) => {
        answer.end('passed');
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const ask = (ca: string) =>
        new Promise<string>((resolve, reject) => {
          const options = { host: '127.0.0.1', port, servername: host, headers: { host }, ca, agent: false };
          get(options, async (answer) => resolve(Buffer.concat(await answer.toArray()).toString())).on('error', reject);
        });
      try {
        expect(await ask(rootCa.certificatePem)).toBe('passed');
        await expect(ask((await createRootCa()).certificatePem)).rejects.toThrow();
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );

  it('are for keys of their own, not the root CA’s', async () => {
    const rootCa = await createRootCa();
    const { key } = await createTlsCredentials(rootCa, Date.now());
    const spki = (of: Parameters<typeof createPublicKey>[0]) =>
      createPublicKey(of).export({ type: 'spki', format: 'pem' });
    expect(spki(key)).not.toBe(spki(rootCa.privateKey.export({ type: 'pkcs8', format: 'pem' })));
  });
});
