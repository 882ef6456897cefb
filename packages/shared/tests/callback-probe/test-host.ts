import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { generatePrivateKey } from 'wechatpay-simulator/merchants/generate-key';
import { issueCertificate, privatePem, randomSerial } from 'wechatpay-simulator/merchants/issue-certificate';
import { createRootCa, type RootCa } from 'wechatpay-simulator/merchants/root-ca';

export type HostCertificate = { cert: string; key: string };

export type TestAuthority = {
  /** What a probe has to trust. */
  certificatePem: string;
  /** For localhost and 127.0.0.1, or the name given; valid from a day before until `endsAt`. */
  issue(wish?: { name?: string; endsAt?: number; isSelfSigned?: boolean }): Promise<HostCertificate>;
};

const DAY_MS = 24 * 60 * 60_000;

export async function createTestAuthority(): Promise<TestAuthority> {
  const rootCa = await createRootCa();
  return {
    certificatePem: rootCa.certificatePem,
    issue: async ({ name = 'localhost', endsAt = Date.now() + 60 * DAY_MS, isSelfSigned = false } = {}) => {
      const key = await generatePrivateKey();
      const subject = [['CN', name]] as const;
      const issuer: Pick<RootCa, 'name' | 'privateKey'> = isSelfSigned ? { name: subject, privateKey: key } : rootCa;
      const cert = issueCertificate({
        issuer,
        subject,
        key,
        serial: randomSerial(),
        notBeforeMs: Math.min(Date.now(), endsAt) - DAY_MS,
        notAfterMs: endsAt,
        extensions: [{ name: 'subjectAltName', altNames: altNames(name) }],
      });
      return { cert, key: privatePem(key) };
    },
  };
}

/** node-forge's numbers: 2 is a DNS name, 7 an address. */
function altNames(name: string): { type: number; value?: string; ip?: string }[] {
  return [{ type: 2, value: name }, ...(name === 'localhost' ? [{ type: 7, ip: '127.0.0.1' }] : [])];
}

export type TestHost = { callbackUrl: string; close(): Promise<void> };

export const CALLBACK_PATH = '/api/payment/wechat/callback';
export const HEALTH_PATH = '/api/payment/wechat/health';

/** A web server on this machine, over TLS when it is given a certificate. */
export async function startHost(answer: RequestListener, certificate?: HostCertificate): Promise<TestHost> {
  const server = certificate === undefined ? createServer(answer) : createTlsServer(certificate, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    callbackUrl: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${portOf(server)}${CALLBACK_PATH}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function portOf(server: Server): number {
  const { port } = server.address() as AddressInfo;
  return port;
}
