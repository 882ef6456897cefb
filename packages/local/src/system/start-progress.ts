/** Tells a person how a start or a stop is getting on, a line for each part. */
export type StartProgress = {
  /** Waits for the part and tells how long it took. Rejects with the signal's reason as soon as that is aborted. */
  ready<T>(name: string, work: Promise<T>, describe: (result: T) => string): Promise<T>;
  stopped(name: string): void;
};

const NAME_WIDTH = 18;

export function tellProgress(onProgress: (line: string) => void, signal: AbortSignal): StartProgress {
  return {
    async ready(name, work, describe) {
      const startedAt = performance.now();
      const result = await Promise.race([work, rejectOnAbort(signal)]);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      onProgress(`${name.padEnd(NAME_WIDTH)} ready ${seconds.padStart(5)} s   ${describe(result)}`);
      return result;
    },
    stopped: (name) => onProgress(`${name.padEnd(NAME_WIDTH)} stopped`),
  };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
