import { spawn } from 'node:child_process';

export type Ended = { code: number; stdout: string; stderr: string };

export type RunOptions = {
  input?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeoutMs?: number;
  /** Shows what it says on stderr while it runs: for what takes minutes. */
  loud?: boolean;
};

/** Longer than an image import or a cluster's start; who expects less says so. */
const DEFAULT_TIMEOUT_MS = 10 * 60_000;

/** Runs a program to its end. Answers its exit code (128 and more: ended by a signal), also when it is not 0. */
export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes) => {
    stdout += bytes;
  });
  child.stderr.on('data', (bytes) => {
    stderr += bytes;
    if (options.loud) process.stderr.write(bytes);
  });
  child.on('error', (err) => reject(new Error(`${program} cannot be started: ${err.message}.`)));
  child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
  // A program that ends without reading its input is no fault of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return promise;
}

/** The same for what has to go well: answers its output. Throws with the last lines that it said. */
export async function output(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, args, options);
  if (code === 0) return stdout;
  const said = `${stderr}\n${stdout}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(`${program} ${args.slice(0, 6).join(' ')} ended with ${code}:\n${said}`);
}
