import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const MAIN = join(import.meta.dirname, '../src/main.ts');

export type Ended = { code: number | null; output: string };

export type RunningMain = {
  readonly process: ChildProcess;
  /** All that it has printed so far, stdout and stderr. */
  output(): string;
  readonly ended: Promise<Ended>;
};

/** What the tests' own environment must not bring into the commands. */
const WITHOUT_SERVERS = { KAFKA_BROKERS: '', DATABASE_URL: '' };

/** Starts a command as a person would; what still runs at the end of the describe block is killed. */
export function commandRunner(): (args: string[], env?: Record<string, string>) => RunningMain {
  const running = new Set<ChildProcess>();
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
  });
  return (args, env = {}) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...WITHOUT_SERVERS, ...env },
    });
    running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => {
        running.delete(child);
        resolve({ code, output });
      });
    });
    return { process: child, output: () => output, ended };
  };
}
