import { type LoggedChild, spawnLogged, stopChild } from '../supervise/child-process.ts';
import { lastLogLines } from '../supervise/log-file.ts';
import type { Job } from './job.ts';

export type JobRun = {
  readonly pid: number | undefined;
  readonly ended: Promise<RunEnd>;
  /** SIGTERM, SIGKILL after 10 s. Resolves when it is gone; can be called twice. */
  stop(): Promise<void>;
};

export type RunEnd = {
  isSuccess: boolean;
  exitCode: number | null;
  /** For people: how it ended. */
  text: string;
  /** The end of what a failed run wrote. */
  lastWords: string[];
};

/** Time to finish what is under way; a run that is killed loses nothing that the next one does not find. */
const STOP_GRACE_MS = 10_000;
const LAST_WORDS = 3;

/** Starts one run of a job and ends it at its deadline. Throws when its log cannot be opened. */
export function startRun(job: Job, registerChild: (pid: number) => void): JobRun {
  const child = spawnLogged({ ...job, registerChild });
  let isOverdue = false;
  const deadline = setTimeout(() => {
    isOverdue = true;
    void stopChild(child, STOP_GRACE_MS);
  }, job.deadlineMs);
  const ended = child.ended.then(({ code, text }): RunEnd => {
    clearTimeout(deadline);
    const isSuccess = code === 0 && !isOverdue;
    return {
      isSuccess,
      exitCode: code,
      text: isOverdue ? `ended after its deadline of ${job.deadlineMs / 1000} s, ${text}` : text,
      lastWords: isSuccess ? [] : lastWords(job, child),
    };
  });
  return {
    pid: child.pid,
    ended,
    async stop() {
      await stopChild(child, STOP_GRACE_MS);
      await ended;
    },
  };
}

/** Runs that overlap share the log: a line or two of another one may be among them. */
function lastWords(job: Job, child: LoggedChild): string[] {
  return lastLogLines(job.logFile, LAST_WORDS, child.logFrom);
}
