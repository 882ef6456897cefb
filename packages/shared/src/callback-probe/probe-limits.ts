/** How long each step of a probe may take, in ms of this machine. */
export type ProbeLimits = {
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  answerMs: number;
  /** Of the whole probe, both questions: steps after that find no time left. */
  totalMs: number;
  /** An answer that took longer counts as slow. */
  slowMs: number;
};

/**
 * WeChat Pay waits 5 s for a callback's answer, and takes more than 3 s of latency for a time-out (facts of page
 * 4012791861); what does not connect within 3 s cannot answer in time either.
 */
export const PROBE_LIMITS: ProbeLimits = {
  dnsMs: 3_000,
  connectMs: 3_000,
  tlsMs: 3_000,
  answerMs: 5_000,
  totalMs: 15_000,
  slowMs: 3_000,
};

/** The clock of one probe: what a step may still take. */
export type Deadline = { leftFor(stepMs: number): number };

export function startDeadline(totalMs: number): Deadline {
  const endAt = performance.now() + totalMs;
  // A timer takes whole milliseconds, and at least one.
  return { leftFor: (stepMs) => Math.max(1, Math.floor(Math.min(stepMs, endAt - performance.now()))) };
}
