/**
 * One Ctrl-C arrives up to three times: from the terminal to the whole process group, and again from npm and from the
 * script that runs us, which both pass it on. Only what comes later than this is a second one.
 */
const SAME_CTRL_C_MS = 500;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What a shell expects of a process that Ctrl-C has ended. */
export const EXIT_INTERRUPTED = 130;

/** Aborts at the first SIGINT, SIGTERM or SIGHUP; the second one ends the process at once. */
export function abortOnStopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > SAME_CTRL_C_MS) process.exit(EXIT_INTERRUPTED);
    firstAt ??= now;
    controller.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return controller.signal;
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
