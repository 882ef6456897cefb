import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  sign,
  X509Certificate,
} from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readApiV3Key } from '../../src/wechatpay-verify/key-ring.ts';
import { openResource } from '../../src/wechatpay-verify/open-resource.ts';
import { isSignatureValid } from '../../src/wechatpay-verify/signed-message.ts';
import aesGcm from '../vectors/aes-gcm.json' with { type: 'json' };
import certificates from '../vectors/certificates-response.json' with { type: 'json' };
import goNotify from '../vectors/notify.wechatpay-go.json' with { type: 'json' };
import requestSignature from '../vectors/request-signature.official-docs.json' with { type: 'json' };
import answerSignature from '../vectors/response-signature.official-docs-public-key-mode.json' with { type: 'json' };

type SealedVector = { name: string; cipher?: string; key: string; nonce: string; aad: string; ciphertext: string };

const folder = mkdtempSync(join(tmpdir(), 'payguard-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Ours opens AES-256 with a 12-byte nonce only; the other vectors' data is checked with node:crypto alone. */
const isOurs = (vector: { key: string; nonce: string; cipher?: string }) =>
  Buffer.byteLength(vector.key) === 32 && Buffer.byteLength(vector.nonce) === 12 && vector.cipher === undefined;

function openWithNodeCrypto(vector: Omit<SealedVector, 'name'>): string {
  const sealed = Buffer.from(vector.ciphertext, 'base64');
  const algorithm = vector.cipher === 'aes-128-gcm' ? 'aes-128-gcm' : 'aes-256-gcm';
  const decipher = createDecipheriv(algorithm, Buffer.from(vector.key), Buffer.from(vector.nonce), {
    authTagLength: 16,
  });
  decipher.setAAD(Buffer.from(vector.aad));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString('utf8');
}

function openWithOurs(vector: SealedVector): string | undefined {
  const key = createSecretKey(Buffer.from(vector.key));
  return openResource(key, { ...vector, associatedData: vector.aad })?.toString('utf8');
}

describe('AEAD_AES_256_GCM vectors', () => {
  const sealed: (SealedVector & { plaintext?: string; plaintextStartsWith?: string })[] = aesGcm.vectors;
  const mustFail: SealedVector[] = aesGcm.mustFail;

  it('hold four that a handler opens and three that it must refuse for their key or nonce', () => {
    expect(sealed.filter(isOurs)).toHaveLength(4);
    expect(sealed.filter((vector) => !isOurs(vector))).toHaveLength(3);
  });

  it.each(sealed.filter(isOurs))('opens: $name', (vector) => {
    const opened = openWithOurs(vector);
    if (vector.plaintext !== undefined) expect(opened).toBe(vector.plaintext);
    else expect(opened?.startsWith(vector.plaintextStartsWith ?? '?')).toBe(true);
  });

  it.each(sealed.filter((vector) => !isOurs(vector)))('is right but refused here: $name', (vector) => {
    expect(openWithNodeCrypto(vector)).toBe(vector.plaintext);
    if (Buffer.byteLength(vector.key) === 32) expect(openWithOurs(vector)).toBeUndefined();
    else expect(() => readApiV3Key(keyFile(vector.key))).toThrow(/exactly 32/);
  });

  it.each(mustFail)('must fail: $name', (vector) => {
    expect(() => openWithNodeCrypto(vector)).toThrow();
    if (Buffer.byteLength(vector.key) === 32) expect(openWithOurs(vector)).toBeUndefined();
    else expect(() => readApiV3Key(keyFile(vector.key))).toThrow(/exactly 32/);
  });

  it.each(aesGcm.odd)('is odd and refused for its nonce: $name', (vector) => {
    const { resource } = JSON.parse(vector.body) as { resource: { ciphertext: string; nonce: string } };
    const key = vector.keyZeroPaddedTo32.padEnd(32, '\0');
    expect(openWithNodeCrypto({ ...vector, ...resource, key })).toContain('"trade_state":"SUCCESS"');
    expect(openWithOurs({ ...vector, ...resource, key })).toBeUndefined();
    expect(() => readApiV3Key(keyFile(vector.keyZeroPaddedTo32))).toThrow(/exactly 32/);
  });
});

describe('the APIv3 key file', () => {
  it.each([0, 3, 16, 31, 33, 64])('is refused in one sentence when it holds %i bytes', (length) => {
    const path = keyFile('k'.repeat(length));
    expect(() => readApiV3Key(path)).toThrow(
      `${path} (apiV3KeyFile) holds ${length} bytes; an APIv3 key has exactly 32.`,
    );
  });

  it('is refused by its bytes, not its characters', () => {
    expect(() => readApiV3Key(keyFile('密'.repeat(32)))).toThrow(/holds 96 bytes/);
  });

  it('may end with the newline that an editor leaves', () => {
    expect(readApiV3Key(keyFile(`${'k'.repeat(32)}\n`)).symmetricKeySize).toBe(32);
  });

  it('never appears in the sentence that refuses it', () => {
    expect(() => readApiV3Key(keyFile('marked-secret-16'))).toThrow(
      expect.not.stringContaining('marked-secret') as never,
    );
  });
});

function keyFile(content: string): string {
  const path = join(folder, `key-${Buffer.from(content).toString('hex').slice(0, 24)}-${content.length}`);
  writeFileSync(path, content);
  return path;
}

describe('certificates of GET /v3/certificates', () => {
  const answers: {
    name: string;
    apiV3Key: string;
    cipher?: string;
    expect: { serial_no: string }[];
    response: { data: { encrypt_certificate: { associated_data: string; ciphertext: string; nonce: string } }[] };
  }[] = certificates.vectors;

  it.each(answers)('open to the certificate that their serial names: $name', (answer) => {
    const opened = answer.response.data.map(({ encrypt_certificate: box }) => {
      const vector = { ...box, name: answer.name, key: answer.apiV3Key, aad: box.associated_data };
      return answer.cipher === undefined
        ? openWithOurs(vector)
        : openWithNodeCrypto({ ...vector, cipher: answer.cipher });
    });
    const serials = opened.map((pem) => new X509Certificate(pem ?? '').serialNumber);
    const listed = answer.expect.map((expected) => expected.serial_no);
    // A mock answer of a third party lists its certificate under a serial that is not the certificate's own.
    expect(serials).toEqual(answer.name === 'gunsluo mock answer' ? ['9AD59953ADF1BABB'] : listed);
  });
});

describe('the signature of the official Go SDK’s notification', () => {
  const key = new X509Certificate(goNotify.certPem).publicKey;
  const message = { timestamp: goNotify.timestamp, nonce: goNotify.nonce, signature: goNotify.signature };

  it('verifies over the bytes as they came', () => {
    expect(isSignatureValid({ ...message, body: Buffer.from(goNotify.body) }, key)).toBe(true);
  });

  it('does not verify over the body written again', () => {
    const again = Buffer.from(JSON.stringify(JSON.parse(goNotify.body), null, 1));
    expect(isSignatureValid({ ...message, body: again }, key)).toBe(false);
  });

  it.each(goNotify.rawVerifier.cases)('is checked as the SDK checks it: $message, signature $signature', (test) => {
    const verifier = goNotify.rawVerifier;
    // The raw verifier's message has no line structure of ours, so it is checked by the bytes that ours would build.
    const structured = { timestamp: 't', nonce: 'n', body: Buffer.from(test.message) };
    const signed = Buffer.concat([Buffer.from('t\nn\n'), structured.body, Buffer.from('\n')]);
    const own = sign('RSA-SHA256', signed, createPrivateKey(goNotify.privateKeyPem)).toString('base64');
    const publicKey = createPublicKey(verifier.publicKeyPem);
    expect(isSignatureValid({ ...structured, signature: own }, publicKey)).toBe(true);
    expect(isSignatureValid({ ...structured, signature: test.signature ?? verifier.signature }, publicKey)).toBe(false);
  });
});

describe('signatures of the official documents', () => {
  /** Their five lines and our three are the same bytes: first line, second line, and everything up to the last newline. */
  const asMessage = (text: string, signature: string) => {
    const [timestamp = '', nonce = '', ...rest] = text.split('\n');
    return { timestamp, nonce, body: Buffer.from(rest.slice(0, -1).join('\n')), signature };
  };
  const key = createPublicKey(requestSignature.publicKeyPem);
  const examples = [...requestSignature.requestSignatures, ...requestSignature.invokeSignatures];

  it.each(examples)('verify: $name', (example) => {
    expect(isSignatureValid(asMessage(example.message, example.signature), key)).toBe(example.expectValid);
  });

  it.each(examples)('do not verify with one character changed: $name', (example) => {
    const changed = example.message.replace('1554208460', '1554208461');
    expect(isSignatureValid(asMessage(changed, example.signature), key)).toBe(false);
  });
});

describe('the signed answer of the official documents in public-key mode', () => {
  const key = createPublicKey(answerSignature.publicKeyPem);
  const { timestamp, nonce, signature } = answerSignature;

  it('verifies', () => {
    expect(isSignatureValid({ timestamp, nonce, signature, body: Buffer.from(answerSignature.body) }, key)).toBe(true);
  });

  const negatives: { name: string; body?: string; timestamp?: string; expectValid: boolean }[] =
    answerSignature.negatives;
  it.each(negatives)('does not verify: $name', (negative) => {
    const body = Buffer.from(negative.body ?? answerSignature.body);
    const changed = { timestamp: negative.timestamp ?? timestamp, nonce, signature, body };
    expect(isSignatureValid(changed, key)).toBe(negative.expectValid);
  });
});
