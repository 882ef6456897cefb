/**
 * Whether a merchant's orders are worth asking about at this moment. While WeChat Pay (or the broker that is to take its
 * answers) is away, orders are not spent on it: one probe every few seconds, until one is answered.
 */
export type Circuit = {
  /** Calls without an answer, in a row. */
  failures: number;
  /** ms UTC; null while everything flows. */
  pausedUntil: number | null;
  /** The length of the last pause, in ms. */
  pauseMs: number;
};

/** What a call said about the way to WeChat Pay. */
export type Verdict =
  | 'answered'
  | 'away'
  /** It refuses who we are: somebody has to mend keys, clock or contract. */
  | 'misconfigured'
  /** Nothing was sent. */
  | 'unsent';

export const FLOWING: Circuit = { failures: 0, pausedUntil: null, pauseMs: 0 };

/** With one call in five failing, ten in a row come once in weeks. */
const FAILURES_IN_A_ROW = 10;
const PROBE_EVERY_MS = 3_000;
/** Nothing mends keys within seconds. */
const LONGEST_PAUSE_MS = 60_000;

export type Flow = 'free' | 'probe' | 'paused';

export function flowOf(circuit: Circuit, now: number): Flow {
  if (circuit.pausedUntil === null) return 'free';
  return now < circuit.pausedUntil ? 'paused' : 'probe';
}

export function afterVerdict(circuit: Circuit, verdict: Verdict, now: number): Circuit {
  switch (verdict) {
    case 'answered':
      return FLOWING;
    case 'unsent':
      return circuit;
    case 'away':
      return afterFailure(circuit, now);
    case 'misconfigured':
      return flowOf(circuit, now) === 'paused' ? circuit : paused(circuit, doubled(circuit.pauseMs), now);
  }
}

function afterFailure(circuit: Circuit, now: number): Circuit {
  const failures = circuit.failures + 1;
  switch (flowOf(circuit, now)) {
    case 'free':
      return failures < FAILURES_IN_A_ROW
        ? { ...circuit, failures }
        : paused({ ...circuit, failures }, PROBE_EVERY_MS, now);
    case 'probe':
      return paused({ ...circuit, failures }, PROBE_EVERY_MS, now);
    case 'paused':
      // Sent before the pause: it says nothing new.
      return circuit;
  }
}

function paused(circuit: Circuit, pauseMs: number, now: number): Circuit {
  return { ...circuit, pauseMs, pausedUntil: now + pauseMs };
}

function doubled(pauseMs: number): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(PROBE_EVERY_MS, pauseMs * 2));
}
