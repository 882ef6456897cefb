import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    kafkaBrokers: string[];
  }
}

/** A command gives Kafka up after 15 s; one that is still there after this hangs. */
const HANGS_AFTER_MS = 45_000;

export type Result = { code: number; stdout: string; stderr: string };

/** Runs the command line tool as its own process, as an operator or a Job does. */
export function runPayguard(args: readonly string[], environment: Record<string, string>): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(process.execPath, [MAIN, ...args], { env, timeout: HANGS_AFTER_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}
