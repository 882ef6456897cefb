import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const CHART = join(import.meta.dirname, '../../deploy/helm/payguard');

export const HELP = `npm run e2e:k8s [-- --cluster-scripts DIR --cache DIR --state DIR] [--keep] [--only PHASE,PHASE]
                [--images DIR] [--chart DIR] [--rate 200] [--orders 1000] [--seed N] [--namespace payguard-e2e]

Installs the chart with values-dev.yaml on a real Kubernetes and tries what it promises: the demo from outside, upgrade, rollback,
evictions and kills under really signed callbacks, who may reach whom, the commands of docs/operations.md as they are printed (backup and
restore where mariadb and mariadb-dump are on the PATH), and what a wrong value is answered. Writes docs/evidence/k8s-<time>.json; exit code 1
when anything was not as it has to be.

The cluster is that of the current kube context, unless a folder of scripts is named: its k8s-up.sh CACHE STATE starts one and
prints the environment to use it, k8s-down.sh STATE stops it. This machine must reach the cluster's Service addresses (for kind:
a route to its service network through the node). Needs helm and kubectl.

  --cluster-scripts DIR  k8s-up.sh and k8s-down.sh lie here; --cache and --state are handed to them
  --images DIR           image archives that are made already, in place of npm run images
  --chart DIR            another copy of the chart than deploy/helm/payguard
  --only PHASES          of: install, demo, load, security, network, documented, refusals; all but install need what an
                         earlier run with --keep left
  --keep                 leaves the release, and the cluster, as they are
  --rate N               callbacks a second        --orders N   orders of the demo`;

export const PHASES = ['install', 'demo', 'load', 'security', 'network', 'documented', 'refusals'] as const;
export type PhaseName = (typeof PHASES)[number];

export type Options = {
  /** Undefined: the current kube context. */
  scripts: { folder: string; cache: string; state: string } | undefined;
  images: string | undefined;
  chart: string;
  keep: boolean;
  phases: readonly PhaseName[];
  rate: number;
  orders: number;
  seed: number;
  namespace: string;
};

/** Throws one sentence about what cannot be used; undefined when help was asked for. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'cluster-scripts': { type: 'string' },
      cache: { type: 'string' },
      state: { type: 'string' },
      images: { type: 'string' },
      chart: { type: 'string', default: CHART },
      keep: { type: 'boolean', default: false },
      only: { type: 'string' },
      rate: { type: 'string', default: '200' },
      orders: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      namespace: { type: 'string', default: 'payguard-e2e' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { 'cluster-scripts': folder, cache, state } = values;
  const given = [folder, cache, state].filter((value) => value !== undefined).length;
  if (given !== 0 && given !== 3)
    throw new Error('--cluster-scripts, --cache and --state belong together: give all three.');
  return {
    scripts: folder === undefined || cache === undefined || state === undefined ? undefined : { folder, cache, state },
    images: values.images,
    chart: resolve(values.chart),
    keep: values.keep,
    phases: chosenPhases(values.only),
    rate: positive('--rate', values.rate),
    orders: positive('--orders', values.orders),
    seed: positive('--seed', values.seed),
    namespace: values.namespace,
  };
}

function chosenPhases(only: string | undefined): readonly PhaseName[] {
  if (only === undefined) return PHASES;
  const names = only.split(',');
  const unknown = names.find((name) => !PHASES.some((phase) => phase === name));
  if (unknown !== undefined) throw new Error(`There is no phase ${unknown}: there are ${PHASES.join(', ')}.`);
  return PHASES.filter((phase) => names.includes(phase));
}

function positive(name: string, text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new Error(`${name} ${text} is no number: give a whole number from 1 on.`);
  return Number(text);
}
