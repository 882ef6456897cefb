// Makes the well-known keys of development clusters anew, in deploy/helm/payguard/files/development (README.md there). Only
// needed when their certificates run out: whoever has the old ones in a cluster then installs that cluster anew.
//
//   node scripts/development-keys.ts
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepSecrets } from '../packages/receivers/src/secrets/keep-secrets.ts';
import { createApiKey } from '../packages/shared/src/config/api-keys-file.ts';
import { createSimulator } from '../packages/wechatpay-simulator/src/simulator.ts';

const FOLDER = join(import.meta.dirname, '../deploy/helm/payguard/files/development');
const MERCHANT = { mchid: '1900000109', appid: 'wxd678efh567hg6787', mode: 'rotating' } as const;

const nowMs = Date.now();
await makeSimulatorKeys(join(FOLDER, 'simulator'));
makeReceiversSecrets(join(FOLDER, 'receivers'));
makeApiKey(join(FOLDER, 'order-api'));
writeFileSync(join(FOLDER, 'alertmanager-token'), `${createApiKey().key}\n`);
console.log(`New development keys lie in ${FOLDER}.`);

/** The simulator's --keys folder: root CA, merchant, platform certificate, public key. Valid for five years. */
async function makeSimulatorKeys(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const year = new Date(nowMs).getUTCFullYear();
  // From New Year on, so that a machine whose clock is behind takes them too.
  const simulator = await createSimulator({
    merchants: [MERCHANT],
    keysDir: folder,
    clock: 'manual',
    clockStartMs: Date.UTC(year, 0, 1),
  });
  await simulator.close();
}

/** The receivers' --state folder, without a certificate: it names the release, so the chart makes one for this key. */
function makeReceiversSecrets(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const { files } = keepSecrets(folder, nowMs);
  rmSync(files.smtpCertificate);
}

/** The order API's key, and the file by which checkout knows it. */
function makeApiKey(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const { key, sha256 } = createApiKey();
  writeFileSync(join(folder, 'api-key'), `${key}\n`);
  const entry = `  - id: development\n    sha256: "${sha256}"\n    mchids: ["${MERCHANT.mchid}"]\n`;
  writeFileSync(join(folder, 'api-keys.yaml'), `# The key itself lies beside this file.\nkeys:\n${entry}`);
}
