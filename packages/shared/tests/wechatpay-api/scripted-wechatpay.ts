import { createSecretKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import type { KeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import { merchantWith, type OpenedClient, openBudgetDatabase, openTestClient } from './open-test-client.ts';

export type Recorded = { method: string; target: string; headers: IncomingHttpHeaders; body: string };
/** A 2xx is signed truly unless `headers` say otherwise. */
export type Answer = {
  status: number;
  body: string;
  headers?: Record<string, string>;
  /** Falls silent in the middle of the body. */
  stalls?: boolean;
};
/** What a server answers to its n-th request, counted from 0. */
export type Script = (request: Recorded, n: number) => Answer;

export type Wish = { mchid?: string; apiUrls: string[]; clock?: Clock; requestsPerSecond?: number };

export type ScriptedWechatPay = {
  /** A server that answers by a script, until `close`. */
  serve(script: Script): Promise<{ url: string; requests: Recorded[] }>;
  open(wish: Wish): OpenedClient;
  merchantOf(mchid: string): Merchant;
  privateKeyPem: string;
  close(): Promise<void>;
};

const SERIAL = '5A1B2C3D4E5F60718293A4B5C6D7E8F901234567';
export const MCHID = '1900000001';

/** Answers that no simulator gives: any bytes, truly signed; and clients that believe them. */
export async function openScriptedWechatPay(): Promise<ScriptedWechatPay> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-scripted-'));
  const database = await openBudgetDatabase();
  const wechat = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const own = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const privateKeyPem = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const privateKeyFile = join(folder, 'apiclient_key.pem');
  writeFileSync(privateKeyFile, privateKeyPem);
  const closing: (() => Promise<unknown>)[] = [];

  const merchantOf = (mchid: string): Merchant => {
    const keys = { apiV3KeyFile: '', verificationKeysDir: folder, privateKeyFile, certificateSerial: 'ABC' };
    return merchantWith(mchid, 'wxd678efh567hg6787', keys);
  };
  return {
    privateKeyPem,
    merchantOf,
    async serve(script) {
      const server = await startServer(wechat.privateKey, script);
      closing.push(server.close);
      return server;
    },
    open({ mchid = MCHID, ...wish }) {
      const keys = keyRingOf(mchid, wechat.publicKey);
      const opened = openTestClient(database, { merchant: merchantOf(mchid), keys, ...wish });
      closing.unshift(opened.close);
      return opened;
    },
    async close() {
      for (const close of closing) await close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}

function keyRingOf(mchid: string, key: KeyObject): KeyRing {
  const apiV3Key = createSecretKey(Buffer.from('a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb'));
  return new Map([[SERIAL, { id: SERIAL, key, mchid, apiV3Key, validFrom: 0, validTo: Number.POSITIVE_INFINITY }]]);
}

async function startServer(key: KeyObject, script: Script) {
  const requests: Recorded[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const recorded = { method, target: url, headers, body: Buffer.concat(chunks).toString('utf8') };
    requests.push(recorded);
    const answer = script(recorded, requests.length - 1);
    const signature = answer.status < 300 ? signatureOf(key, answer.body) : {};
    response.writeHead(answer.status, { 'Request-ID': 'request-1', ...signature, ...answer.headers });
    if (answer.stalls === true) response.write(answer.body.slice(0, 10));
    else response.end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, requests, close };
}

function signatureOf(key: KeyObject, body: string): Record<string, string> {
  const timestamp = String(Math.floor(systemClock.now() / 1_000));
  const signature = sign('RSA-SHA256', Buffer.from(`${timestamp}\nnonce\n${body}\n`), key).toString('base64');
  return {
    'Wechatpay-Serial': SERIAL,
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': 'nonce',
    'Wechatpay-Signature': signature,
  };
}
