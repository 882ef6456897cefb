import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Phase } from './phase.ts';
import type { Release } from './release.ts';

/** Refused at once, before anything is made. */
const HELM_TIMEOUT = '1m';

type Wrong = {
  name: string;
  environment: 'dev' | 'staging' | 'prod';
  values: object;
  /** What the sentence has to name. */
  names: RegExp;
};

const MERCHANT = {
  mchid: '1900000109',
  appids: ['wxd678efh567hg6787'],
  certificateSerial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  verificationSecret: 'e2e-verification',
  signingSecret: 'e2e-signing',
  notifyUrl: 'https://pay.example.com/api/payment/wechat/callback',
};
const COMPLETE = {
  merchants: [MERCHANT],
  kafka: { brokers: ['kafka.example.com:9093'], sasl: { existingSecret: 'e2e-kafka' } },
  database: { host: 'db.example.com', existingSecret: 'e2e-database' },
  checkout: { apiKeysSecret: 'e2e-api-keys' },
  alerter: { alertmanagerTokenSecret: 'e2e-alertmanager', existingSecret: 'e2e-alerts' },
  image: { pullSecrets: ['e2e-registry'] },
  ingress: { host: 'pay.example.com', tlsSecret: 'e2e-tls' },
  trustedCa: { existingSecret: 'e2e-ca' },
};

const WRONG: readonly Wrong[] = [
  { name: 'an unknown key', environment: 'dev', values: { callbackGateway: { replica: 3 } }, names: /replica/ },
  {
    name: 'a localhost notify URL',
    environment: 'prod',
    values: { ...COMPLETE, merchants: [{ ...MERCHANT, notifyUrl: 'https://localhost/api/payment/wechat/callback' }] },
    names: /notifyUrl|localhost/i,
  },
  {
    name: 'a missing secret',
    environment: 'prod',
    values: { ...COMPLETE, merchants: [{ ...MERCHANT, signingSecret: 'e2e-absent' }] },
    names: /signingSecret names the Secret e2e-absent/,
  },
  {
    name: 'prod with an embedded database',
    environment: 'prod',
    values: { ...COMPLETE, database: { embedded: { enabled: true }, host: '' } },
    names: /embedded|environment/i,
  },
  {
    name: 'prod with the simulator',
    environment: 'prod',
    values: { ...COMPLETE, simulator: { enabled: true } },
    names: /simulator/i,
  },
  {
    name: 'replicas 0 with a disruption budget',
    environment: 'dev',
    values: { callbackGateway: { replicas: 0 } },
    names: /replicas/i,
  },
];

/** A wrong value of each kind: `helm install` refuses it in one sentence, and leaves nothing behind. */
export const refusalsPhase: Phase = async ({ release, folder, say }) => {
  await makeSecrets(release);
  const complaints: string[] = [];
  const answers: Record<string, string> = {};
  for (const [n, { name, environment, values, names }] of WRONG.entries()) {
    const file = join(folder, `wrong-${n}.json`);
    await writeFile(file, JSON.stringify(values));
    const wrongRelease = `wrong-${n}`;
    const { code, stderr } = await release.helm([
      ...['install', wrongRelease, release.chart, '--wait', '--atomic', '--timeout', HELM_TIMEOUT],
      ...['-f', join(release.chart, `values-${environment}.yaml`), '-f', file],
    ]);
    const sentence = sentenceOf(stderr);
    answers[name] = sentence;
    say(`refusals: ${name}: ${code === 0 ? 'INSTALLED' : sentence}`);
    if (code === 0) {
      complaints.push(`${name} was installed`);
      await release.helm(['uninstall', wrongRelease, '--wait']);
    } else if (!names.test(sentence) || sentence.split('payguard: ').length !== 2) {
      complaints.push(`${name} was refused by: ${sentence}`);
    }
  }
  const { stdout } = await release.helm(['list', '--all', '--short', '--filter', '^wrong-']);
  if (stdout.trim() !== '')
    complaints.push(`refused releases were left behind: ${stdout.trim().replaceAll('\n', ', ')}`);
  return { figures: { answers }, complaints };
};

/** So that nothing is missing but what a case leaves out. */
async function makeSecrets(release: Release): Promise<void> {
  const passwords = (parts: readonly string[]) => parts.map((part) => `${part}-password`);
  const services = ['points', 'reconciler', 'checkout', 'alerter', 'admin'];
  const secrets: Record<string, string[]> = {
    'e2e-verification': ['apiv3.key'],
    'e2e-signing': ['apiclient_key.pem'],
    'e2e-kafka': passwords(['callback-gateway', ...services]),
    'e2e-database': passwords(services),
    'e2e-api-keys': ['api-keys.yaml'],
    'e2e-alertmanager': ['token'],
    'e2e-alerts': [],
    'e2e-ca': ['ca.crt'],
    'e2e-registry': ['.dockerconfigjson'],
    'e2e-tls': ['tls.crt', 'tls.key'],
  };
  for (const [name, keys] of Object.entries(secrets)) {
    const stringData = Object.fromEntries(keys.map((key) => [key, 'none']));
    await release.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
  }
}

/** What helm puts around the chart's own words is left away. */
function sentenceOf(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => !/^(level=|W\d{4}|coalesce|walk\.go)/.test(line));
  return lines
    .join(' ')
    .replace(/^Error: (INSTALLATION FAILED: )?/, '')
    .replace(/^execution error at \([^)]*\): /, '')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 500);
}
