import { request } from 'node:https';
import { expect, it } from 'vitest';
import { createSimulator } from '../src/simulator.ts';

/** GET over TLS with the name that SDKs have built in, trusting nothing but the simulator's root CA. */
function getOverTls(port: number, ca: string, path: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const name = 'api.mch.weixin.qq.com';
    const call = request({ host: '127.0.0.1', port, path, ca, servername: name, headers: { host: name } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString('utf8') }));
    });
    call.on('error', reject);
    call.end();
  });
}

it('serves the same API over TLS as api.mch.weixin.qq.com, to clients that trust its root CA', async () => {
  const simulator = await createSimulator({ tlsPort: 0 });
  await simulator.listen();
  try {
    const [merchant] = simulator.merchants;
    const port = Number(new URL(simulator.tlsUrl ?? '').port);
    const health = await getOverTls(port, merchant?.rootCaPem ?? '', '/control/v1/health');
    expect(health).toMatchObject({ status: 200, text: expect.stringContaining('"status":"ok"') });
    const unsigned = await getOverTls(port, merchant?.rootCaPem ?? '', '/v3/certificates');
    expect(unsigned.status).toBe(400);
    expect(JSON.parse(unsigned.text)).toMatchObject({ code: 'PARAM_ERROR' });
  } finally {
    await simulator.close();
  }
});

it('has no TLS address unless it is asked for', async () => {
  const simulator = await createSimulator();
  await simulator.listen();
  expect(simulator.tlsUrl).toBeUndefined();
  await simulator.close();
});
