import { AsyncLocalStorage } from 'node:async_hooks';
import { format, isDeepStrictEqual } from 'node:util';
import { runCommand } from '../src/run-command.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    kafkaBrokers: string[];
  }
}

export type Result = { code: number; stdout: string; stderr: string };

type Written = { stdout: string[]; stderr: string[] };

/** Where what a command prints belongs: several may run at once. */
const written = new AsyncLocalStorage<Written>();
console.log = (...words) => record('stdout', words);
console.error = (...words) => record('stderr', words);

const ownEnvironment = process.env;
let running: { environment: Record<string, string>; commands: number } | undefined;

/**
 * Runs a command as `payguard` does, in this process: a process of its own takes half a second of two cores, and there are
 * two hundred commands in the tests. payguard.test.ts runs the processes. Commands at the same moment share their environment.
 */
export async function runPayguard(args: readonly string[], environment: Record<string, string>): Promise<Result> {
  enter(environment);
  try {
    const lines: Written = { stdout: [], stderr: [] };
    const code = await written.run(lines, () => runCommand(args));
    return { code, stdout: lines.stdout.join(''), stderr: lines.stderr.join('') };
  } finally {
    leave();
  }
}

function record(stream: keyof Written, words: unknown[]): void {
  const line = `${format(...words)}\n`;
  const lines = written.getStore();
  if (lines === undefined) process[stream].write(line);
  else lines[stream].push(line);
}

function enter(environment: Record<string, string>): void {
  running ??= { environment, commands: 0 };
  if (!isDeepStrictEqual(running.environment, environment)) {
    throw new Error('Commands with different environments cannot run at the same moment in one process.');
  }
  running.commands += 1;
  process.env = { ...ownEnvironment, ...environment };
}

function leave(): void {
  if (running === undefined) return;
  running.commands -= 1;
  if (running.commands > 0) return;
  running = undefined;
  process.env = ownEnvironment;
}
