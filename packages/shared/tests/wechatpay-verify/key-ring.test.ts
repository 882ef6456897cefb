import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import type { Merchant } from '../../src/config/merchants-file.ts';
import { loadMerchantsFile } from '../../src/config/merchants-file.ts';
import { loadKeyRing } from '../../src/wechatpay-verify/key-ring.ts';
import goNotify from '../vectors/notify.wechatpay-go.json' with { type: 'json' };

const PUBLIC_KEY_ID = 'PUB_KEY_ID_0119000000022025071200';
const { publicKeyPem } = goNotify.rawVerifier;

const root = mkdtempSync(join(tmpdir(), 'payguard-keys-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
let merchants: Merchant[];

beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
  merchants = ['1900000001', '1900000002'].map((mchid) => writeMerchant(mchid));
});

function writeMerchant(mchid: string): Merchant {
  mkdirSync(join(folder, mchid));
  writeFileSync(join(folder, `${mchid}.key`), 'k'.repeat(32));
  const keys = { apiV3KeyFile: `${mchid}.key`, verificationKeysDir: mchid };
  const file = join(folder, `${mchid}.yaml`);
  writeFileSync(file, JSON.stringify({ merchants: [{ mchid, appids: ['wx1'], keys }] }));
  const [merchant] = loadMerchantsFile(file);
  if (merchant === undefined) throw new Error('the file holds a merchant');
  return merchant;
}

function putKey(name: string, pem: string, mchid = '1900000001'): void {
  writeFileSync(join(folder, mchid, name), pem);
}

function refusal(): string {
  try {
    loadKeyRing(merchants.slice(0, 1));
  } catch (err) {
    if (err instanceof ConfigError) return err.message;
    throw err;
  }
  throw new Error('the keys were accepted');
}

describe('the key ring', () => {
  it('holds certificates and public keys side by side, each with its merchant and its time', () => {
    putKey(`${goNotify.serial.toLowerCase()}.pem`, goNotify.certPem);
    putKey(`${PUBLIC_KEY_ID}.pem`, publicKeyPem, '1900000002');
    putKey('README.txt', 'not a key');
    const ring = loadKeyRing(merchants);
    expect([...ring.keys()]).toEqual([goNotify.serial, PUBLIC_KEY_ID]);
    expect(ring.get(goNotify.serial)).toMatchObject({
      mchid: '1900000001',
      validFrom: Date.UTC(2021, 3, 27, 8, 55, 23),
      validTo: Date.UTC(2031, 3, 25, 8, 55, 23),
    });
    expect(ring.get(PUBLIC_KEY_ID)).toMatchObject({ mchid: '1900000002', validTo: Number.POSITIVE_INFINITY });
  });

  it.each([
    ['no key at all', () => undefined, /holds no .pem file; put WeChat Pay's/],
    [
      'no directory',
      () => rmSync(join(folder, '1900000001'), { recursive: true }),
      /verificationKeysDir\) cannot be read/,
    ],
    [
      'a file that is no key',
      () => putKey(`${PUBLIC_KEY_ID}.pem`, 'hello'),
      /neither a PEM certificate nor a PEM public key/,
    ],
    ['an empty file', () => putKey(`${PUBLIC_KEY_ID}.pem`, ''), /neither a PEM certificate nor a PEM public key/],
    [
      'a certificate under another serial',
      () => putKey('ABCD.pem', goNotify.certPem),
      /name the file after its serial/,
    ],
    [
      'a private key',
      () => putKey(`${PUBLIC_KEY_ID}.pem`, goNotify.privateKeyPem),
      /neither a PEM certificate nor a PEM public key/,
    ],
    [
      'a key that is not RSA',
      () => putKey(`${PUBLIC_KEY_ID}.pem`, ellipticPem()),
      /neither a PEM certificate nor a PEM public key/,
    ],
    ['no APIv3 key', () => rmSync(join(folder, '1900000001.key')), /apiV3KeyFile\) cannot be read/],
  ])('is refused in one sentence with %s', (_what, spoil, sentence) => {
    spoil();
    const message = refusal();
    expect(message).toMatch(sentence);
    expect(message).not.toContain('\n');
    expect(message).toContain(folder);
  });

  it('is refused when one key would speak for two merchants', () => {
    for (const { mchid } of merchants) putKey(`${PUBLIC_KEY_ID}.pem`, publicKeyPem, mchid);
    expect(() => loadKeyRing(merchants)).toThrow(
      `Key ${PUBLIC_KEY_ID} is given for merchant 1900000001 and for 1900000002; keep one.`,
    );
  });
});

function ellipticPem(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
