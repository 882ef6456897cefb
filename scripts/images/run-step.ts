import { join } from 'node:path';
import type { BuildContext } from '../../packages/local/src/servers/fetch-packages.ts';
import { runCommand } from '../../packages/local/src/servers/run-command.ts';

/** The longest step takes 6 s on two cores; the rest is for a machine that does much else. */
const STEP_TIMEOUT_MS = 120_000;

export type Step = {
  /** Of the step, and of its log. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** A text by which it says that it is done: it is then told to end. */
  readonly until?: string;
};

/** Runs one command of a build to its end. Throws an Error that names its log. */
export async function runStep({ name, command, args, cwd, until }: Step, context: BuildContext): Promise<string> {
  const logFile = join(context.logDir, `${name}.log`);
  const { end, output } = await runCommand({
    command,
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    logFile,
    registerChild: (pid) => context.registerChild(name, pid),
    signal: context.signal,
    timeoutMs: STEP_TIMEOUT_MS,
    // What the JVM writes down at its end takes seconds.
    graceMs: STEP_TIMEOUT_MS,
    ...(until === undefined ? {} : { watch: (text: string) => text.includes(until) }),
  });
  const isDone = until === undefined ? end.code === 0 : output.includes(until);
  if (!isDone) throw new Error(`${name} failed (${end.text}): see its log ${logFile}.`);
  return output;
}
