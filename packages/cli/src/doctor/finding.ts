/** One thing that doctor looked at (`skip`: had no means to look at), in one sentence; `remedy` says what to do about it, `examples` where. */
export type Finding = {
  check: string;
  state: 'ok' | 'skip' | 'warn' | 'fail';
  message: string;
  remedy: string | null;
  examples: string[];
};

/** Enough to see what kind of thing it is, and for the odd orders of a usual upgrade to be listed whole. */
export const MAX_EXAMPLES = 100;

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message, remedy: null, examples: [] };
}

export function skip(check: string, message: string): Finding {
  return { check, state: 'skip', message, remedy: null, examples: [] };
}

export function warn(check: string, message: string, remedy: string, examples: string[] = []): Finding {
  return { check, state: 'warn', message, remedy, examples };
}

export function fail(check: string, message: string, remedy: string, examples: string[] = []): Finding {
  return { check, state: 'fail', message, remedy, examples };
}

/** A check that could not be made says so, and the others go on. */
export async function examine(check: string, remedy: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    return [fail(check, error instanceof Error ? error.message : String(error), remedy)];
  }
}
