import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import { createSimulator, type Simulator } from '../src/simulator.ts';
import { callApi, isAnswerSignedBy } from './merchant-client.ts';
import { openCertificate, openCertificatePem, type SealedCertificate } from './open-certificates.ts';
import vectors from './vectors/certificates-response.json' with { type: 'json' };

const NOW_MS = Date.UTC(2026, 10, 23, 4, 5, 6, 789);
const PATH = '/v3/certificates?algorithm_type=RSA';

/** The answer in wechatpay-java's TestConfig: a real certificate of Tenpay.com Root CA under a 32-byte key. */
const official = vectors.vectors.find(({ name }) => name.startsWith('wechatpay-java'));
if (official === undefined) throw new Error('the vector of wechatpay-java is missing');
const { apiV3Key: officialKey, response: officialResponse } = official;

let simulator: Simulator;

beforeAll(async () => {
  simulator = await createSimulator({
    clock: 'manual',
    clockStartMs: NOW_MS,
    merchants: [
      { mchid: '1900000001' },
      { mchid: '1900000002', mode: 'public-key' },
      { mchid: '1900000003', mode: 'rotating' },
    ],
  });
  await simulator.listen();
});
afterAll(() => simulator.close());

function merchantNumber(index: number): MerchantDescription {
  const merchant = simulator.merchants[index];
  if (merchant === undefined) throw new Error(`no merchant ${index}`);
  return merchant;
}

function download(index: number, headers: Record<string, string> = {}) {
  return callApi(simulator.apiUrl, PATH, merchantNumber(index), { nowMs: NOW_MS, headers });
}

async function downloadOne(index = 0) {
  const { data } = (await download(index)).json as unknown as { data: SealedCertificate[] };
  const [first] = data;
  if (first === undefined || data.length !== 1) throw new Error(`${data.length} certificates, not one`);
  return first;
}

/** The names of all fields with the types of their values, in order. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]);
}

function officialSealed(): SealedCertificate {
  const [sealed] = officialResponse.data;
  if (sealed === undefined) throw new Error('the vector is empty');
  return sealed;
}

describe('GET /v3/certificates', () => {
  it('answers in the shape of the real one, field by field (vector of wechatpay-java)', async () => {
    const answer = await download(0);
    expect(answer.status).toBe(200);
    expect(shapeOf(answer.json)).toEqual(shapeOf(officialResponse));
    const sealed = await downloadOne();
    expect(sealed.encrypt_certificate).toMatchObject({ algorithm: 'AEAD_AES_256_GCM', associated_data: 'certificate' });
    expect(sealed.encrypt_certificate.nonce).toMatch(/^[0-9a-f]{12}$/);
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/;
    expect([sealed.effective_time, sealed.expire_time]).toEqual([
      expect.stringMatching(time),
      expect.stringMatching(time),
    ]);
  });

  it('seals a certificate like the real one: subject, issuer, life, algorithm, PEM', async () => {
    const { apiV3Key, platform } = merchantNumber(0);
    const sealed = await downloadOne();
    const real = openCertificate(officialSealed(), officialKey);
    const ours = openCertificate(sealed, apiV3Key);
    expect(ours.subject).toBe(real.subject);
    expect(ours.issuer).toBe(real.issuer);
    expect(ours.ca).toBe(false);
    const lifeOf = (certificate: X509Certificate) =>
      Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
    expect(lifeOf(ours)).toBe(lifeOf(real));
    expect(ours.serialNumber).toBe(sealed.serial_no);
    expect(sealed.serial_no).toMatch(/^[0-9A-F]{40}$/);
    expect(sealed.serial_no).toBe(platform.serial);
    const pem = openCertificatePem(sealed, apiV3Key);
    expect(pem).toBe(platform.certificatePem);
    const officialPem = openCertificatePem(officialSealed(), officialKey);
    expect(pem.split('\n')[0]).toBe(officialPem.split('\n')[0]);
    expect(pem).not.toContain('\r');
  });

  it('says the times that stand in the certificate, which begins on the simulator’s clock', async () => {
    const { apiV3Key } = merchantNumber(0);
    const sealed = await downloadOne();
    const certificate = openCertificate(sealed, apiV3Key);
    expect(Date.parse(sealed.effective_time)).toBe(Date.parse(certificate.validFrom));
    expect(Date.parse(sealed.expire_time)).toBe(Date.parse(certificate.validTo));
    expect(Date.parse(sealed.effective_time)).toBe(Math.floor(NOW_MS / 1000) * 1000);
  });

  it('seals the key that signs its own answer, and the root CA vouches for it', async () => {
    const { apiV3Key, rootCaPem } = merchantNumber(0);
    const answer = await download(0);
    const certificate = openCertificate(await downloadOne(), apiV3Key);
    expect(answer.headers.get('wechatpay-serial')).toBe(certificate.serialNumber);
    expect(isAnswerSignedBy(answer, certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString())).toBe(
      true,
    );
    const root = new X509Certificate(rootCaPem);
    expect(root.ca).toBe(true);
    expect(certificate.checkIssued(root)).toBe(true);
    expect(certificate.verify(root.publicKey)).toBe(true);
  });

  it('gives each merchant a certificate of its own', async () => {
    const [first, third] = [await downloadOne(0), await downloadOne(2)];
    expect(third.serial_no).not.toBe(first.serial_no);
    expect(() => openCertificate(third, merchantNumber(0).apiV3Key)).toThrow();
  });

  it('answers 404 RESOURCE_NOT_EXISTS to a public-key merchant (wechatpay-java issue 354)', async () => {
    const answer = await download(1);
    expect(answer.status).toBe(404);
    expect(answer.json).toEqual({
      code: 'RESOURCE_NOT_EXISTS',
      message: expect.stringContaining('无可用的平台证书'),
    });
  });

  it('still answers while a merchant switches, by the key that the request asks for (page 4012154180)', async () => {
    const { publicKey } = merchantNumber(2);
    const answer = await download(2, { 'Wechatpay-Serial': publicKey.id });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('wechatpay-serial')).toBe(publicKey.id);
    expect(isAnswerSignedBy(answer, publicKey.publicKeyPem)).toBe(true);
  });
});

describe('the merchant’s API certificate', () => {
  it('carries the serial and the key that the merchant signs with, and its mchid as CN', () => {
    const { certificatePem, serialNo, privateKeyPem, mchid, rootCaPem } = merchantNumber(0);
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.serialNumber).toBe(serialNo);
    expect(certificate.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
    expect(certificate.subject).toContain(`CN=${mchid}`);
    expect(certificate.subject).toContain('O=微信商户系统');
    expect(certificate.verify(new X509Certificate(rootCaPem).publicKey)).toBe(true);
  });
});
