import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 20_000;

export type StartedSimulator = {
  /** The body of a 200; anything else is an error. */
  get(path: string): Promise<string>;
  stop(): Promise<void>;
};

/** Starts the bundle in this folder as its image does, and waits until it listens. */
export async function startSimulator(folder: string): Promise<StartedSimulator> {
  const child = spawn(process.execPath, [`${folder}/simulator.mjs`, '--port', '0'], {
    cwd: folder,
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines = createInterface(child.stdout);
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
  const url = /listens on (\S+?),/.exec(String(line))?.[1];
  return {
    async get(path) {
      const answer = await fetch(new URL(path, url));
      if (answer.status !== 200) throw new Error(`${path} is answered ${answer.status}`);
      return answer.text();
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
