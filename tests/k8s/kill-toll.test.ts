import { describe, expect, it } from 'vitest';
import { countToll } from './kill-toll.ts';
import type { Hit } from './request-load.ts';

const KILLED_AT = 1_000;
const RESET = 'ECONNRESET on a kept connection';

/** A request over a connection whose end was read at `endedByPeerAt`. */
function hit(sentAt: number, endedAt: number, result: Hit['result'], endedByPeerAt?: number): Hit {
  return { startedAt: sentAt, sentAt, endedAt, result, connection: { endedByPeerAt } };
}

describe('the toll of a killed gateway', () => {
  it('counts what was under way there apart from what was sent there before its end was read', () => {
    const toll = countToll(
      [
        hit(990, 1_010, RESET, 1_010),
        // Answered by the kernel's buffer, though the process was dead already.
        hit(995, 1_005, 204, 1_010),
        hit(1_004, 1_012, RESET, 1_012),
        // Over before the kill, and at the other gateway.
        hit(900, 910, 204, 1_010),
        hit(998, 1_020, 204),
      ],
      KILLED_AT,
    );
    expect(toll).toEqual({ inFlight: 2, failedInFlight: 1, failedSentLater: 1, unexcused: [] });
  });

  it('excuses no failure at the other gateway, before the kill, after the end was read, or without a connection', () => {
    const refused: Hit = { ...hit(1_500, 3_500, 'ECONNREFUSED'), sentAt: undefined, connection: undefined };
    const hits = [hit(990, 1_010, RESET), hit(500, 510, RESET, 510), hit(1_600, 1_601, 503, 1_010), refused];
    const { inFlight, failedInFlight, failedSentLater, unexcused } = countToll(hits, KILLED_AT);
    expect({ inFlight, failedInFlight, failedSentLater }).toEqual({
      inFlight: 0,
      failedInFlight: 0,
      failedSentLater: 0,
    });
    expect(unexcused).toEqual([RESET, RESET, '503', 'ECONNREFUSED']);
  });
});
