import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock/clock.ts';
import { waitUntil } from '../clock/wait-until.ts';
import type { DatabasePool } from '../database/connection-pool.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BudgetShare } from './budget-shares.ts';
import { ensureBudget, reserveSlots } from './reserve-slots.ts';

/** One merchant's share of the requests per second that all processes together may send to WeChat Pay. */
export type RequestBudget = {
  /**
   * Resolves to true when the request may go out, to false when no slot came free before `until` (ms UTC on the clock),
   * the database cannot be asked until then, or the budget was closed: nothing may be sent then.
   */
  take(until: number): Promise<boolean>;
  /** Lets nobody through any more. */
  close(): void;
};

export type RequestBudgetOptions = {
  pool: DatabasePool;
  clock: Clock;
  log: Logger;
  mchid: string;
  share: BudgetShare;
  requestsPerSecond: number;
};

type Waiting = { until: number; settle(mayGo: boolean): void };

/** Between two looks for a free slot, and after the database failed (ms of this machine). */
const RETRY_MS = 20;

/** Callers wait in line; one short transaction reserves slots for as many of them as the near future holds. */
export function createRequestBudget(options: RequestBudgetOptions): RequestBudget {
  const { pool, clock, log, mchid } = options;
  const closed = new AbortController();
  let line: Waiting[] = [];
  let pumping = false;
  let ensured = false;

  const take = (until: number): Promise<boolean> => {
    if (closed.signal.aborted) return Promise.resolve(false);
    return new Promise((settle) => {
      line.push({ until, settle });
      if (!pumping) void pump();
    });
  };

  const pump = async (): Promise<void> => {
    pumping = true;
    while (line.length > 0) {
      turnAwayLate(clock.now());
      if (line.length === 0) break;
      const slots = await reserve(line.length);
      if (slots.length === 0) await delay(RETRY_MS);
      else await hand(slots);
    }
    pumping = false;
  };

  const reserve = async (wanted: number): Promise<number[]> => {
    try {
      if (!ensured) await ensureBudget(pool, mchid, clock.now());
      ensured = true;
      return await reserveSlots(pool, options, wanted, clock.now());
    } catch (err) {
      log.debug({ err, mchid }, 'request budget cannot be read');
      return [];
    }
  };

  const hand = async (slots: readonly number[]): Promise<void> => {
    for (const at of slots) {
      await waitUntil(clock, at, closed.signal);
      turnAwayLate(clock.now());
      line.shift()?.settle(true);
    }
  };

  const turnAwayLate = (now: number): void => {
    const late = closed.signal.aborted ? line : line.filter(({ until }) => until <= now);
    line = closed.signal.aborted ? [] : line.filter(({ until }) => until > now);
    for (const { settle } of late) settle(false);
  };

  return {
    take,
    close() {
      closed.abort();
      turnAwayLate(clock.now());
    },
  };
}
