import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoTarget } from '@payguard/local/demo/demo-target';
import type { SigningMerchant } from '@payguard/local/load/signed-callbacks';
import { writeMerchantFiles } from '@payguard/local/system/merchant-files';
import { fetchSimulatedMerchant } from '@payguard/local/system/simulated-merchant';
import { z } from 'zod';
import { RELEASE, type Release } from './release.ts';

const CALLBACK_PATH = '/api/payment/wechat/callback';
const REACH_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 5_000;

/** The installed system as this machine reaches it. */
export type Outside = {
  target: DemoTarget;
  signing: SigningMerchant;
  /** Through the Service, as an ingress would. */
  callbackUrl: string;
  checkoutUrl: string;
  apiKey: string;
};

const signingSchema = z.object({
  merchants: z.tuple([z.object({ platform: z.object({ serial: z.string(), privateKeyPem: z.string() }) })]),
});

export async function lookFromOutside(release: Release, folder: string): Promise<Outside> {
  const gateway = await serviceAddress(release, `${RELEASE}-callback-gateway`);
  const simulatorUrl = `http://${await serviceAddress(release, `${RELEASE}-simulator`)}`;
  const controlUrl = `${simulatorUrl}/control/v1`;
  await expectReachable(`${controlUrl}/health`);
  const simulated = await fetchSimulatedMerchant(controlUrl);
  const answer = await fetch(`${controlUrl}/merchants`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  const [{ platform }] = signingSchema.parse(await answer.json()).merchants;
  const insideUrl = `http://${RELEASE}-callback-gateway${CALLBACK_PATH}`;
  await mkdir(folder, { recursive: true });
  // Only its own files are asked for here; where the simulator keeps its own is its pod's business.
  const paths = { privateKey: join(folder, 'none') };
  const { merchantsFile, merchant } = writeMerchantFiles(folder, { ...simulated, paths }, insideUrl);
  return {
    target: {
      simulator: { url: simulatorUrl, controlUrl },
      gateway: { callbackUrl: insideUrl },
      database: { url: await databaseUrl(release) },
      merchantsFile,
      merchant,
    },
    signing: { mchid: merchant.mchid, appid: merchant.appid, apiV3Key: merchant.apiV3Key, platform },
    callbackUrl: `http://${gateway}${CALLBACK_PATH}`,
    checkoutUrl: `http://${await serviceAddress(release, `${RELEASE}-checkout`)}`,
    apiKey: (await secretValue(release, `${RELEASE}-development-api-key`, 'api-key')).trim(),
  };
}

export async function secretValue(release: Release, name: string, key: string): Promise<string> {
  const secret: { data: Record<string, string> } = JSON.parse(
    await release.kubectl(['get', 'secret', name, '-o', 'json']),
  );
  return Buffer.from(secret.data[key] ?? '', 'base64').toString('utf8');
}

/** The server's own Service has no address: one of ours stays the same when its pod is another. */
async function databaseUrl(release: Release): Promise<string> {
  const name = 'e2e-mariadb';
  const selector = { 'app.kubernetes.io/instance': RELEASE, 'app.kubernetes.io/component': 'mariadb' };
  const spec = { selector, ports: [{ port: 3306, targetPort: 3306 }] };
  await release.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
  const password = await secretValue(release, `${RELEASE}-mariadb`, 'admin-password');
  return `mysql://payguard_admin:${password}@${await serviceAddress(release, name)}:3306/${await databaseName(release)}`;
}

/** Another one since a backup was restored. */
async function databaseName(release: Release): Promise<string> {
  const { stdout } = await release.helm(['get', 'values', RELEASE, '--all', '--output', 'json']);
  const values: { database: { name: string } } = JSON.parse(stdout);
  return values.database.name;
}

async function serviceAddress(release: Release, name: string): Promise<string> {
  return (await release.kubectl(['get', 'service', name, '-o', 'jsonpath={.spec.clusterIP}'])).trim();
}

async function expectReachable(url: string): Promise<void> {
  const deadline = performance.now() + REACH_TIMEOUT_MS;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
      if (answer.ok) return;
      last = answer.status;
    } catch (err) {
      last = err instanceof Error ? (err.cause ?? err.message) : err;
    }
  }
  throw new Error(`This machine does not reach ${url} (${last}): give it a route to the cluster's Service network.`);
}
