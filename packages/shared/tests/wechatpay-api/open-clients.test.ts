import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadEnvironment } from '../../src/config/load-environment.ts';
import { wechatpayApiUrlsVariable } from '../../src/config/variables.ts';
import { createEntryPoints } from '../../src/wechatpay-api/entry-points.ts';
import { openWechatPayClients } from '../../src/wechatpay-api/open-clients.ts';
import { merchantWith } from './open-test-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'payguard-clients-'));
/** Nothing is asked of it before a request goes out. */
const pool = createDatabasePool({ url: 'mysql://nobody@127.0.0.1:9/nothing' });
afterAll(async () => {
  await pool.end();
  rmSync(folder, { recursive: true });
});

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function merchant(mchid: string, keys: Partial<Merchant['keys']>): Merchant {
  return merchantWith(mchid, 'wx1', { apiV3KeyFile: '', verificationKeysDir: folder, ...keys });
}

function open(...merchants: Merchant[]) {
  const log = createLogger('test', 'silent');
  const budget = { pool, share: 'poll' as const };
  return openWechatPayClients({
    merchants,
    apiUrls: ['http://127.0.0.1:9'],
    keys: () => new Map(),
    clock: systemClock,
    log,
    budget,
  });
}

describe('the clients', () => {
  it('are one for each merchant that can sign', async () => {
    const privateKeyFile = write('good.pem', pair.privateKey.export(pkcs8).toString());
    const clients = open(
      merchant('1900000001', { privateKeyFile, certificateSerial: 'AB' }),
      merchant('1900000002', {}),
    );
    expect([...clients.byMchid.keys()]).toEqual(['1900000001']);
    expect(clients.byMchid.get('1900000001')?.mchid).toBe('1900000001');
    await clients.close();
  });

  it.each([
    ['is missing', join(folder, 'missing.pem')],
    ['is no PEM', write('junk.pem', 'junk')],
    ['is a public key', write('public.pem', pair.publicKey.export({ type: 'spki', format: 'pem' }).toString())],
    ['is no RSA key', write('elliptic.pem', elliptic.privateKey.export(pkcs8).toString())],
  ])('are not opened with a private key that %s, and the sentence names the file', (_what, privateKeyFile) => {
    const wrong = () => open(merchant('1900000001', { privateKeyFile, certificateSerial: 'AB' }));
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(`${privateKeyFile} (privateKeyFile)`);
  });

  it('are not opened without the serial that goes with the key', () => {
    const privateKeyFile = write('alone.pem', pair.privateKey.export(pkcs8).toString());
    expect(() => open(merchant('1900000001', { privateKeyFile }))).toThrow('keys.certificateSerial');
  });
});

describe('the entry points', () => {
  it('are taken in turn when they fail, and the first one again after a minute', () => {
    let now = 0;
    const entryPoints = createEntryPoints(['a', 'b'], () => now);
    expect(entryPoints.current()).toBe('a');
    expect(entryPoints.failed('a')).toBe('b');
    now = 59_999;
    expect(entryPoints.current()).toBe('b');
    now = 60_000;
    expect(entryPoints.current()).toBe('a');
    entryPoints.failed('a');
    expect(entryPoints.failed('b')).toBe('a');
    expect(entryPoints.current()).toBe('a');
  });
});

describe('WECHATPAY_API_URLS', () => {
  const read = (value?: string) =>
    loadEnvironment(z.object({ WECHATPAY_API_URLS: wechatpayApiUrlsVariable }), { WECHATPAY_API_URLS: value })
      .WECHATPAY_API_URLS;

  it("is both of WeChat Pay's, unless something else is given", () => {
    expect(read()).toEqual(['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com']);
    expect(read('http://127.0.0.1:8900, https://pay.test.example:8443')).toEqual([
      'http://127.0.0.1:8900',
      'https://pay.test.example:8443',
    ]);
    expect(read('http://localhost:1,http://[::1]:2')).toHaveLength(2);
  });

  it.each(['http://payguard-simulator', 'http://simulator.payments.svc:8900', 'http://a.b.svc.cluster.local'])(
    'may be %s, which is inside a cluster',
    (value) => {
      expect(read(value)).toEqual([value]);
    },
  );

  it.each([
    'http://api.mch.weixin.qq.com',
    'http://127.evil.example',
    'http://10.0.0.1',
    'http://svc.evil.example',
    'http://a.svc.evil.example',
    'https://a.example/',
    'https://a.example/v3',
    'a',
    ',',
  ])('is not "%s"', (value) => {
    expect(() => read(value)).toThrow(ConfigError);
  });
});
