import { createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyRequest } from '../src/api/verify-request.ts';
import { createManualClock } from '../src/clock/manual-clock.ts';
import { generateMerchant } from '../src/merchants/generate-merchant.ts';
import { createMerchant } from '../src/merchants/merchant.ts';
import type { Merchants } from '../src/merchants/open-merchants.ts';
import { createRootCa } from '../src/merchants/root-ca.ts';
import vectors from './vectors/request-signature.official-docs.json' with { type: 'json' };

let merchants: Merchants;

beforeAll(async () => {
  const generated = await generateMerchant({ mchid: vectors.mchid }, createRootCa(), createManualClock(0));
  const apiPrivateKey = createPrivateKey(vectors.privateKeyPem);
  const keys = { ...generated.keys, apiPrivateKey, serialNo: vectors.merchantSerial };
  merchants = new Map([[vectors.mchid, createMerchant({ ...generated, keys })]]);
});

function requestOf(vector: (typeof vectors.requestSignatures)[number]) {
  const [method = '', url = '', timestamp = '', nonce = '', ...rest] = vector.message.split('\n');
  const authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${vectors.mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${vectors.merchantSerial}",signature="${vector.signature}"`;
  const headers = { authorization, accept: 'application/json', 'user-agent': 'tests' };
  return { request: { method, url, headers, body: rest.slice(0, -1).join('\n') }, nowMs: Number(timestamp) * 1000 };
}

describe('the request signature check', () => {
  it.each(vectors.requestSignatures)('accepts the official example: $name', (vector) => {
    const { request, nowMs } = requestOf(vector);
    expect(verifyRequest(request, merchants, nowMs).kind).toBe('verified');
  });

  it.each(vectors.requestSignatures)('refuses the official example with another method: $name', (vector) => {
    const { request, nowMs } = requestOf(vector);
    expect(verifyRequest({ ...request, method: 'PUT' }, merchants, nowMs)).toMatchObject({ code: 'SIGN_ERROR' });
  });

  it.each(vectors.requestSignatures)('refuses the official example with one byte more in the body: $name', (vector) => {
    const { request, nowMs } = requestOf(vector);
    const changed = { ...request, body: `${request.body} ` };
    expect(verifyRequest(changed, merchants, nowMs)).toMatchObject({ code: 'SIGN_ERROR' });
  });

  it('accepts a clock that is 300 s off, either way, and refuses one that is 301 s off', () => {
    const vector = vectors.requestSignatures[0];
    if (vector === undefined) throw new Error('the vectors are empty');
    const { request, nowMs } = requestOf(vector);
    for (const offsetMs of [-300_000, 300_000]) {
      expect(verifyRequest(request, merchants, nowMs + offsetMs).kind).toBe('verified');
    }
    for (const offsetMs of [-301_000, 301_000]) {
      expect(verifyRequest(request, merchants, nowMs + offsetMs)).toMatchObject({ code: 'SIGN_ERROR' });
    }
  });
});
