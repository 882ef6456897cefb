import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Options } from './options.ts';
import { type Ended, output, type RunOptions, runProgram } from './run-program.ts';

/** A cluster and the tools that speak to it. */
export type Cluster = {
  readonly env: NodeJS.ProcessEnv;
  /** The state folder when it was started by scripts: its node shares this machine's files and processes. */
  readonly state: string | undefined;
  readonly describe: string;
  kubectl(args: readonly string[], options?: RunOptions): Promise<string>;
  /** What `kubectl get … -o json` says. */
  get<T>(args: readonly string[]): Promise<T>;
  helm(args: readonly string[], options?: RunOptions): Promise<Ended>;
  importImage(archive: string): Promise<void>;
  close(): Promise<void>;
};

const KUBECTL_TIMEOUT_MS = 120_000;

/** Starts the cluster by its scripts, or takes that of the current context. Throws when it does not answer. */
export async function openCluster(options: Options, say: (line: string) => void): Promise<Cluster> {
  const { scripts } = options;
  const started = scripts === undefined ? undefined : await startByScripts(scripts, say);
  const env = { ...process.env, ...started?.env };
  const kubectl = (args: readonly string[], run: RunOptions = {}) =>
    output('kubectl', args, { timeoutMs: KUBECTL_TIMEOUT_MS, env, ...run });
  const server: { serverVersion: { gitVersion: string } } = JSON.parse(await kubectl(['version', '-o', 'json']));
  return {
    env,
    state: started?.state,
    describe: `Kubernetes ${server.serverVersion.gitVersion}${started === undefined ? ', current context' : ', by cluster scripts'}`,
    kubectl,
    get: async (args) => JSON.parse(await kubectl(['get', ...args, '-o', 'json'])),
    helm: (args, run = {}) => runProgram('helm', args, { env, ...run }),
    importImage: started?.importImage ?? ((archive) => loadIntoKind(archive, env)),
    async close() {
      if (started !== undefined && !started.wasRunning) await output(started.down, [started.state]);
    },
  };
}

async function startByScripts({ folder, cache, state }: NonNullable<Options['scripts']>, say: (line: string) => void) {
  const stateDir = resolve(state);
  const wasRunning = await isRunning(stateDir);
  say(wasRunning ? 'the cluster runs already' : 'starting the cluster');
  const printed = await output(join(folder, 'k8s-up.sh'), [cache, state]);
  const exports = [...printed.matchAll(/^export (\w+)=(.*)$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  const env = Object.fromEntries(
    exports.map(([name, value]) => [name, value.replace(/:"\$PATH"$/, `:${process.env.PATH}`)]),
  );
  return {
    state: stateDir,
    env,
    wasRunning,
    down: join(folder, 'k8s-down.sh'),
    async importImage(archive: string): Promise<void> {
      const address = (await readFile(join(stateDir, 'containerd.address'), 'utf8')).trim();
      const ctr = join(resolve(cache), 'root/usr/bin/ctr');
      await output(ctr, [
        '--address',
        address,
        '--namespace',
        'k8s.io',
        'images',
        'import',
        '--all-platforms',
        archive,
      ]);
    },
  };
}

async function isRunning(state: string): Promise<boolean> {
  try {
    process.kill(Number(await readFile(join(state, 'node.pid'), 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

async function loadIntoKind(archive: string, env: NodeJS.ProcessEnv): Promise<void> {
  const context = (await output('kubectl', ['config', 'current-context'], { env })).trim();
  if (!context.startsWith('kind-')) {
    throw new Error(`Images cannot be brought to ${context}: use a kind cluster or --cluster-scripts.`);
  }
  await output('kind', ['load', 'image-archive', archive, '--name', context.slice('kind-'.length)], { env });
}
