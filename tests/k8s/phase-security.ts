import type { Phase, PhaseWorld } from './phase.ts';
import { type Pod, RELEASE } from './release.ts';

const DEVELOPMENT = `${RELEASE}-development`;
const DATABASE = `${RELEASE}-mariadb`;

/** ARCHITECTURE.md: which Secrets are mounted into which part, and whose database password it knows. */
const OWN: Readonly<Record<string, { mounted: readonly string[]; passwords: readonly string[] }>> = {
  'callback-gateway': { mounted: [`${DEVELOPMENT}-verification`], passwords: [] },
  points: { mounted: [], passwords: ['points'] },
  alerter: { mounted: [`${DEVELOPMENT}-alerts`, `${DEVELOPMENT}-alertmanager`], passwords: ['alerter'] },
  checkout: {
    mounted: [`${DEVELOPMENT}-verification`, `${DEVELOPMENT}-signing`, `${DEVELOPMENT}-api-key`],
    passwords: ['checkout'],
  },
  poll: { mounted: [`${DEVELOPMENT}-verification`, `${DEVELOPMENT}-signing`], passwords: ['reconciler'] },
  probe: { mounted: [], passwords: ['reconciler'] },
};

/** What a program in the pod finds: who it is, which files it can read, whether it can write beside them. */
const LOOK_AROUND = `
const { readdirSync, realpathSync, writeFileSync, existsSync } = require('node:fs');
const files = readdirSync('/etc/payguard', { recursive: true, withFileTypes: true })
  .filter((entry) => !entry.isDirectory() && !(entry.parentPath + '/' + entry.name).includes('/..'))
  .map((entry) => entry.parentPath + '/' + entry.name);
let canWrite = true;
try { writeFileSync('/app/x', ''); } catch { canWrite = false; }
console.log(JSON.stringify({ user: process.getuid(), files, canWrite, hasToken: existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token') }));`;

type Found = { user: number; files: string[]; canWrite: boolean; hasToken: boolean };

/** Each part holds its own secrets and no others, nobody may ask the API server anything, and the gateway sees what it should. */
export const securityPhase: Phase = async (world) => {
  const { release, say } = world;
  const secrets = await compareSecrets(world);
  const rights = await compareRights(world);
  const [gateway] = await release.pods('callback-gateway');
  const found: Found = JSON.parse(await release.node(gateway?.metadata.name ?? '', LOOK_AROUND));
  const foreign = found.files.filter(
    (file) => !/^\/etc\/payguard\/merchants\/(merchants\.yaml$|\d+\/verification\/)/.test(file),
  );
  say(
    `security: the gateway runs as ${found.user}, reads ${found.files.length} files (${foreign.length} not its own), writes beside them: ${found.canWrite}, has a token: ${found.hasToken}`,
  );
  return {
    figures: { secrets: secrets.found, accounts: rights.accounts, gateway: found },
    complaints: [
      ...secrets.complaints,
      ...rights.complaints,
      ...foreign.map((file) => `a gateway pod can read ${file}`),
      ...(found.canWrite ? ['a gateway pod can write to its root file system'] : []),
      ...(found.hasToken ? ['a gateway pod has a token of its service account'] : []),
      ...(found.user === 0 ? ['a gateway pod runs as root'] : []),
    ],
  };
};

async function compareSecrets({ release, say }: PhaseWorld) {
  const cronJobs: { items: { metadata: Pod['metadata']; spec: { jobTemplate: { spec: { template: Pod } } } }[] } =
    JSON.parse(await release.kubectl(['get', 'cronjobs', '-o', 'json']));
  const pods = [...(await release.pods()), ...cronJobs.items.map(({ spec }) => spec.jobTemplate.spec.template)];
  const found: Record<string, { mounted: string[]; passwords: string[] }> = {};
  const complaints: string[] = [];
  for (const pod of pods) {
    const component = pod.metadata.labels?.['app.kubernetes.io/component'] ?? '';
    const own = OWN[component];
    if (own === undefined) continue;
    const mounted = (pod.spec.volumes ?? []).flatMap(({ secret }) => (secret === undefined ? [] : [secret.secretName]));
    const references = pod.spec.containers
      .flatMap(({ env }) => env ?? [])
      .flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);
    const passwords = references.map(({ name, key }) =>
      name === DATABASE ? key.replace(/-password$/, '') : `${name}/${key}`,
    );
    found[component] = { mounted, passwords };
    const foreign = [
      ...mounted.filter((name) => !own.mounted.includes(name)),
      ...passwords.filter((part) => !own.passwords.includes(part)).map((part) => `the password of ${part}`),
    ];
    complaints.push(...foreign.map((what) => `${component} is given ${what}`));
    if ((pod.spec.volumes ?? []).some(({ projected }) => projected !== undefined))
      complaints.push(`${component} mounts a projected volume`);
  }
  const missing = Object.keys(OWN).filter((component) => found[component] === undefined);
  say(`security: secrets of ${Object.keys(found).length} parts compared, ${complaints.length} too many`);
  return { found, complaints: [...complaints, ...missing.map((component) => `no pod of ${component} was found`)] };
}

/** What every account of the cluster may do (look at its own rights, read the API's description) is no right of ours. */
async function compareRights({ release, say }: PhaseWorld) {
  const rights = async (account: string) => {
    const listed = await release.kubectl(['auth', 'can-i', '--list', `--as=system:serviceaccount:${account}`]);
    return new Set(
      listed
        .split('\n')
        .map((line) => line.trim().replaceAll(/\s+/g, ' '))
        .filter(Boolean),
    );
  };
  const everybody = await rights('default:nobody-at-all');
  const accounts: { items: { metadata: { name: string } }[] } = JSON.parse(
    await release.kubectl(['get', 'serviceaccounts', '-o', 'json']),
  );
  const complaints: string[] = [];
  for (const { metadata } of accounts.items) {
    const more = [...(await rights(`${release.namespace}:${metadata.name}`))].filter((line) => !everybody.has(line));
    complaints.push(...more.map((line) => `the account ${metadata.name} may ${line}`));
  }
  say(
    `security: ${accounts.items.length} service accounts may do what every account may (${everybody.size - 1} lines), and ${complaints.length} things more`,
  );
  return { accounts: accounts.items.map(({ metadata }) => metadata.name), complaints };
}
