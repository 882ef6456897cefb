import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEvidence } from '@payguard/local/load/evidence';
import { type Cluster, openCluster } from './cluster.ts';
import { HELP, type Options, type PhaseName, readOptions } from './options.ts';
import { lookFromOutside, type Outside } from './outside.ts';
import type { Phase, PhaseWorld } from './phase.ts';
import { demoPhase } from './phase-demo.ts';
import { documentedPhase } from './phase-documented.ts';
import { installPhase } from './phase-install.ts';
import { loadPhase } from './phase-load.ts';
import { networkPhase } from './phase-network.ts';
import { refusalsPhase } from './phase-refusals.ts';
import { securityPhase } from './phase-security.ts';
import { buildImages, openRelease, RELEASE } from './release.ts';
import { removeVolumes } from './volumes.ts';

const RUN: Record<PhaseName, Phase> = {
  install: installPhase,
  demo: demoPhase,
  load: loadPhase,
  security: securityPhase,
  network: networkPhase,
  documented: documentedPhase,
  refusals: refusalsPhase,
};

const startedAt = performance.now();
const say = (line: string): void =>
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(7)} s  ${line}`);

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) console.log(HELP);
  else process.exitCode = (await runAll(options)) ? 0 : 1;
} catch (err) {
  console.error(err instanceof Error ? err.message : err);
  process.exitCode = 2;
}

async function runAll(options: Options): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'payguard-k8s-'));
  const cluster = await openCluster(options, say);
  say(cluster.describe);
  try {
    if (options.phases.includes('install')) await bringImages(cluster, options, folder);
    const { figures, complaints, skipped } = await runPhases(cluster, options, folder);
    const { rate, orders, phases } = options;
    const record = await writeEvidence('k8s', {
      seed: options.seed,
      cluster: cluster.describe,
      rate,
      orders,
      phases,
      ...{ complaints, skipped },
      ...figures,
    });
    for (const what of skipped) console.log(`skipped: ${what}`);
    for (const complaint of complaints) console.log(`NOT as it has to be: ${complaint}`);
    const verdict = complaints.length === 0 ? 'as it has to be' : 'NOT as it has to be';
    console.log(`${verdict}, ${skipped.length} skipped; written: ${record}`);
    return complaints.length === 0;
  } finally {
    if (!options.keep) await leave(cluster, options);
    await rm(folder, { recursive: true, force: true });
  }
}

async function runPhases(cluster: Cluster, options: Options, folder: string) {
  const release = await openRelease(cluster, options, folder);
  let outside: Promise<Outside> | undefined;
  const world: PhaseWorld = {
    ...{ release, options, folder, say },
    outside: () => {
      outside ??= lookFromOutside(release, join(folder, 'merchant'));
      return outside;
    },
  };
  const figures: Record<string, object> = {};
  const complaints: string[] = [];
  const skipped: string[] = [];
  for (const name of options.phases) {
    say(`--- ${name}`);
    const phaseStartedAt = performance.now();
    const result = await RUN[name](world);
    figures[name] = { seconds: Math.round((performance.now() - phaseStartedAt) / 1_000), ...result.figures };
    complaints.push(...result.complaints.map((complaint) => `${name}: ${complaint}`));
    skipped.push(...(result.skipped ?? []).map((what) => `${name}: ${what}`));
  }
  return { figures, complaints, skipped };
}

async function bringImages(cluster: Cluster, options: Options, folder: string): Promise<void> {
  const archives = options.images ?? join(folder, 'images');
  if (options.images === undefined) {
    await mkdir(archives, { recursive: true });
    say('building the images');
    await buildImages(archives);
  }
  const names = (await readdir(archives)).filter((name) => name.endsWith('.tar'));
  if (names.length === 0) throw new Error(`There are no image archives in ${archives}.`);
  for (const name of names) await cluster.importImage(join(archives, name));
  say(`${names.length} images imported: ${names.join(', ')}`);
}

async function leave(cluster: Cluster, { namespace }: Options): Promise<void> {
  await cluster.helm(['uninstall', RELEASE, '--namespace', namespace, '--wait', '--ignore-not-found']);
  await cluster.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait'], { timeoutMs: 180_000 });
  await removeVolumes(cluster, namespace);
  await cluster.close();
}
