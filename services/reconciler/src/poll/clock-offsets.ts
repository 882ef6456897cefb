import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { writeJobGauge } from '@payguard/shared/database/job-gauges';
import type { ClockSample } from '@payguard/shared/wechatpay-api/clock-sample';
import type { Attempt } from '@payguard/shared/wechatpay-api/send-request';

/** points exports it as payguard_clock_offset_seconds{mchid}. */
const GAUGE = 'clock_offset_seconds';

export type ClockOffsets = {
  note(attempt: Attempt): void;
  /** Keeps what a run has seen by each merchant's answers; `now`: ms UTC. Throws what the database throws. */
  write(pool: DatabasePool, now: number): Promise<void>;
};

/** How far our clock is from WeChat Pay's, as the answers of one run have it: the surest of each merchant's. */
export function createClockOffsets(): ClockOffsets {
  const surest = new Map<string, ClockSample>();
  return {
    note({ mchid, clock }) {
      if (clock === undefined) return;
      const known = surest.get(mchid);
      if (known === undefined || isSurer(clock, known)) surest.set(mchid, clock);
    },
    async write(pool, now) {
      for (const [label, { offsetMs }] of surest) {
        // By WeChat Pay's clock: ours may have been put right since the last run, and the later figure stays.
        await writeJobGauge(pool, { name: GAUGE, label, value: offsetMs / 1_000, observedAt: now - offsetMs });
      }
    },
  };
}

/** A signed time before one that anybody on the way could have written; then the one that came back soonest. */
function isSurer(one: ClockSample, other: ClockSample): boolean {
  if (one.isSigned !== other.isSigned) return one.isSigned;
  return one.uncertaintyMs < other.uncertaintyMs;
}
