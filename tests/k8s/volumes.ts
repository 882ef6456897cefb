import { chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';

const USER = 10001;
/** A claim asks for 2 GiB; Kafka and MariaDB have one each. */
const CLAIMS = ['kafka', 'mariadb'];

/** Where a cluster makes no volumes by itself: one for each embedded server, empty, in the node's state folder. */
export async function makeVolumes(cluster: Cluster, prefix: string): Promise<void> {
  const classes: { items: unknown[] } = await cluster.get(['storageclasses']);
  if (classes.items.length > 0) return;
  if (cluster.state === undefined) {
    throw new Error('The cluster has no StorageClass: make one the default, so that the embedded servers get volumes.');
  }
  await removeVolumes(cluster, prefix);
  for (const claim of CLAIMS) {
    const path = join(cluster.state, 'volumes', `${prefix}-${claim}`);
    await mkdir(path, { recursive: true, mode: 0o750 });
    await chown(path, USER, USER);
    await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(describeVolume(`${prefix}-${claim}`, path)) });
  }
}

export async function removeVolumes(cluster: Cluster, prefix: string): Promise<void> {
  if (cluster.state === undefined) return;
  const names = CLAIMS.map((claim) => `${prefix}-${claim}`);
  await cluster.kubectl(['delete', 'persistentvolume', ...names, '--ignore-not-found', '--wait']);
  for (const name of names) await rm(join(cluster.state, 'volumes', name), { recursive: true, force: true });
}

function describeVolume(name: string, path: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { 'payguard-e2e': 'true' } },
    spec: {
      capacity: { storage: '2Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path, type: 'Directory' },
    },
  };
}
