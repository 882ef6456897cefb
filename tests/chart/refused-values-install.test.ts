import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHART, helmMissing } from './render-chart.ts';

/** What helm asks an API server before it makes anything. */
const ANSWERS: Record<string, object> = {
  '/version': { major: '1', minor: '30', gitVersion: 'v1.30.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      { name: 'secrets', kind: 'Secret', namespaced: true, verbs: ['get', 'list'] },
      { name: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true, verbs: ['get'] },
    ],
  },
  '/api/v1/namespaces/payguard/serviceaccounts/default': account('default'),
  '/api/v1/namespaces/payguard/secrets': { kind: 'SecretList', apiVersion: 'v1', items: [] },
  '/api/v1/namespaces/payguard/secrets/all-keys': secret('all-keys', { 'apiv3.key': '', 'apiclient_key.pem': '' }),
  '/api/v1/namespaces/payguard/secrets/half-a-pair': secret('half-a-pair', { 'tls.crt': '' }),
};

function account(name: string): object {
  return { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name, namespace: 'payguard' } };
}

function secret(name: string, data: Record<string, string>): object {
  return { kind: 'Secret', apiVersion: 'v1', metadata: { name, namespace: 'payguard' }, data };
}

/** Helm asks for each path once, and repeats what fails. */
const INSTALL_TIMEOUT_MS = 30_000;

describe.skipIf(helmMissing !== undefined)('helm install', () => {
  const changes: string[] = [];
  let apiServer: Server;

  beforeAll(async () => {
    apiServer = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://api-server');
      if (request.method !== 'GET') changes.push(`${request.method} ${pathname}`);
      const answer = ANSWERS[pathname];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
    });
    await new Promise<void>((resolve) => apiServer.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => apiServer.close());

  it.each([
    ['points.replicas=0', 'payguard: points.replicas is 0, so that nobody would do its work'],
    ['points.replica=1', "at '/points': additional properties 'replica' not allowed"],
  ])('refuses %s as helm template does, and has made nothing', async (set, sentence) => {
    await expect(install(set)).rejects.toThrow(sentence);
    expect(changes).toEqual([]);
  });

  it.each([
    ['', 'ingress.tlsSecret names the Secret pay-example-com-tls, and the namespace payguard has none of that name'],
    ['', 'image.pullSecrets[0] names the Secret registry-example-com, and the namespace payguard has none'],
    [
      '',
      'merchants[0].signingSecret names the Secret payguard-1900000109-signing, and the namespace payguard has none',
    ],
    [
      'merchants[0].verificationSecret=all-keys',
      'merchants[0].verificationSecret names the Secret all-keys, and it holds apiclient_key.pem, which the public gateway',
    ],
    [
      'ingress.tlsSecret=half-a-pair',
      'ingress.tlsSecret names the Secret half-a-pair, and it has no key tls.key; add it.',
    ],
  ])('refuses (%s) because %s', async (set, sentence) => {
    await expect(install(set)).rejects.toThrow(sentence);
    expect(changes).toEqual([]);
  });

  it('waits for no certificate that cert-manager is to make', async () => {
    const set = String.raw`ingress.annotations.cert-manager\.io/cluster-issuer=letsencrypt`;
    await expect(install(set)).rejects.toThrow(/^(?!.*ingress\.tlsSecret).*image\.pullSecrets\[0\] names/s);
  });

  function install(set: string): Promise<unknown> {
    const { port } = apiServer.address() as AddressInfo;
    const values = ['--values', join(CHART, 'values-prod.yaml'), '--set', set];
    const cluster = ['--kube-apiserver', `http://127.0.0.1:${port}`, '--kubeconfig', '/dev/null'];
    const options = { timeout: INSTALL_TIMEOUT_MS };
    return promisify(execFile)(
      'helm',
      ['install', 'payguard', CHART, '--namespace', 'payguard', ...values, ...cluster],
      options,
    );
  }
});
