import { once } from 'node:events';
import { createServer } from 'node:net';
import { type ProbeReport, probeCallbackUrl } from '@payguard/shared/callback-probe/probe-callback-url';
import { PROBE_LIMITS } from '@payguard/shared/callback-probe/probe-limits';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startFullListener } from './full-listener.ts';
import { expectOneSentence, gatewayLike } from './gateway-like.ts';
import { CALLBACK_PATH, createTestAuthority, portOf, startHost, type TestAuthority } from './test-host.ts';

/** A real one waits seconds. */
const HASTY = { ...PROBE_LIMITS, connectMs: 300 };

let authority: TestAuthority;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  authority = await createTestAuthority();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const probe = (url: string, limits = PROBE_LIMITS): Promise<ProbeReport> =>
  probeCallbackUrl(url, { allowLocal: true, trusted: [authority.certificatePem], now: Date.now(), limits });

async function open(certificate?: Parameters<typeof startHost>[1]): Promise<string> {
  const host = await startHost(gatewayLike({}), certificate);
  closing.push(host.close);
  return host.callbackUrl;
}

describe('the probe names what keeps a connection from coming about', () => {
  it.each<[string, NonNullable<Parameters<TestAuthority['issue']>[0]>, ProbeReport['finding'], string]>([
    ['an expired certificate', { endsAt: Date.UTC(2026, 0, 2) }, 'tls_expired', 'expired on 2026-01-02'],
    ['a self-signed one', { isSelfSigned: true }, 'tls_untrusted', 'it is self-signed'],
    ['one for another host', { name: 'shop.com' }, 'tls_untrusted', 'made out to another name'],
  ])('%s', async (_what, wish, finding, words) => {
    const report = await probe(await open(await authority.issue(wish)));
    expect(report).toMatchObject({ finding, sentence: expect.stringContaining(words), httpStatus: null });
    expect(report.tlsNotAfter).toBeTypeOf('number');
    expectOneSentence(report);
  });

  it('a host that does not speak TLS', async () => {
    const report = await probe((await open()).replace('http:', 'https:'));
    expect(report).toMatchObject({ finding: 'tls_untrusted', sentence: expect.stringContaining('No TLS connection') });
  });

  it('a name without an address', async () => {
    const report = await probe(`https://pay.payguard.invalid${CALLBACK_PATH}`);
    expect(report).toMatchObject({
      finding: 'dns_failed',
      sentence: expect.stringContaining('pay.payguard.invalid'),
      latencyMs: null,
    });
    expectOneSentence(report);
  });

  it('a port where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    server.close();
    await once(server, 'close');
    const report = await probe(`http://127.0.0.1:${port}${CALLBACK_PATH}`);
    expect(report).toMatchObject({ finding: 'connection_refused', sentence: expect.stringContaining(`port ${port}`) });
    expectOneSentence(report);
  });

  it('a host that lets connections wait', async () => {
    const { port, close } = await startFullListener();
    closing.push(close);
    const report = await probe(`http://127.0.0.1:${port}${CALLBACK_PATH}`, HASTY);
    expect(report).toMatchObject({ finding: 'connect_timeout', sentence: expect.stringContaining('(TIMEOUT)') });
    expectOneSentence(report);
  });

  it.each([
    ['http://pay.shop.com/callback', 'is not https'],
    ['https://localhost/callback', 'localhost'],
    ['https://10.0.0.7/callback', 'private'],
    ['http://user:secret@pay.shop.com/callback', 'is not https'],
  ])('%s, which WeChat Pay could not call, without asking anybody', async (url, words) => {
    const report = await probeCallbackUrl(url, { allowLocal: false, trusted: undefined, now: Date.now() });
    expect(report).toMatchObject({ finding: 'bad_url', sentence: expect.stringContaining(words) });
    expect(JSON.stringify(report)).not.toContain('secret');
  });
});
