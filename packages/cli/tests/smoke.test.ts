import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type GatewayWorld, openGatewayWorld } from '../../../services/callback-gateway/tests/gateway-world.ts';
import { startHost, type TestHost } from '../../shared/tests/callback-probe/test-host.ts';
import { runPayguard } from './run-payguard.ts';

let gateway: GatewayWorld;
let swallowing: TestHost;
beforeAll(async () => {
  gateway = await openGatewayWorld({ brokers: inject('kafkaBrokers') });
  await gateway.ready();
  swallowing = await startHost((_request, answer) => answer.end('thank you'));
});
afterAll(() => Promise.all([gateway?.stop(), swallowing?.close()]));

const smoke = (...args: string[]) => runPayguard(['smoke', ...args], {});

it.each(['its address', 'its callback URL'])('payguard smoke passes a gateway, given by %s', async (what) => {
  const url = what === 'its address' ? new URL(gateway.callbackUrl).origin : gateway.callbackUrl;
  expect(await smoke('--gateway', url)).toEqual({
    code: 0,
    stdout: `ok    GET ${gateway.healthUrl}: 200\nok    unsigned POST ${gateway.callbackUrl}: 400\n`,
    stderr: '',
  });
});

it('payguard smoke does not pass what takes an unsigned callback', async () => {
  const { code, stdout } = await smoke('--gateway', swallowing.callbackUrl, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([{ passed: true }, { passed: false, message: '200 instead of 4xx' }]);
});

it('payguard smoke says why there is no answer', async () => {
  const { code, stdout } = await smoke('--gateway', 'http://127.0.0.1:1');
  expect(code).toBe(1);
  expect(stdout.match(/no answer \(connect: ECONNREFUSED\)/g)).toHaveLength(2);
});

it.each([
  [[], 'No gateway is named'],
  [['--gateway', '127.0.0.1'], '--gateway cannot be used'],
  [['--gateway', 'http://me:secret@127.0.0.1'], 'without user'],
  [['--gateway', 'http://127.0.0.1/health'], 'ends with /health'],
])('payguard smoke %j ends with 2 and says why', async (args, words) => {
  const result = await smoke(...args);
  expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  expect(result.stderr).not.toContain('secret');
});
