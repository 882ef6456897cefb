import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { databaseErrorNumber, isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { toDeadLetter } from '@payguard/shared/kafka/dead-letter';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Announcement } from './announcements.ts';
import type { Announcer } from './announcer.ts';
import { NotPublishedError } from './announcer.ts';
import type { Round, RoundResult } from './apply-round.ts';
import { applyRound } from './apply-round.ts';
import type { DecodedRecord } from './decode-record.ts';
import { decodeRecord } from './decode-record.ts';
import type { OrderName } from './lock-orders.ts';
import type { PointsMetrics } from './metrics.ts';
import { forgetApplied } from './parked-events.ts';
import type { PointsSettings } from './settings.ts';

/** What passes by itself (deadlock, lost connection, fail-over) is tried again for as long as it takes: from 50 ms to 3 s. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 3_000;

export const CONSUMER_NAME = 'points';

/** Mismatches are told while the orders and users are locked: no longer than this, or the shop could not spend. */
const TELL_UNDER_LOCKS_MS = 2_000;

/** Deadlock and lock wait time-out: the database is well, and busy. */
const CONTENTION = new Set([1213, 1205]);

export type RoundDependencies = {
  pool: DatabasePool;
  announcer: Announcer;
  settings: PointsSettings;
  clock: Clock;
  metrics: PointsMetrics;
  log: Logger;
  /** Ends the trying again; what is unfinished then is delivered again after the next start. */
  stopping: AbortSignal;
};

type EventRecord = DecodedRecord & { kind: 'event' };

/**
 * Handles the records of a round to their durable end: in the database, or in the dead letter topic. A permanent error
 * halves the round until the poisoned event stands alone; the others go through. Answers the announcing, which may
 * overlap with the next round. Commit first, then tell: an announcement is never of something that did not happen, and a
 * crash in between repeats it, since the offsets are committed after both.
 */
export async function handleRound(records: ConsumedRecord[], deps: RoundDependencies): Promise<() => Promise<void>> {
  const decoded = records.map(decodeRecord);
  for (const each of decoded) if (each.kind === 'malformed') await bury(each.record, each.reason, 1, deps);
  const events = decoded.filter((each): each is EventRecord => each.kind === 'event');
  const applied = await applyHalving(events, deps, 1);
  return async () => {
    for (const result of applied) await announce(result, deps);
  };
}

/**
 * Applies a round of what is parked, and announces it. Where that fails for good, order by order, so that one poisoned
 * order does not hold up the others; answers the orders that failed.
 */
export async function handleParked(round: Round, deps: RoundDependencies): Promise<OrderName[]> {
  try {
    await announce(await apply(round, deps), deps);
    return [];
  } catch (err) {
    if (deps.stopping.aborted) throw err;
    const names = [...round.events.map(({ event }) => event.data), ...round.alsoOrders];
    if (names.length === 1) {
      deps.log.error({ err, order: names[0] }, 'parked events cannot be applied');
      return names;
    }
    const failed: OrderName[] = [];
    for (const received of round.events)
      failed.push(...(await handleParked({ events: [received], alsoOrders: [] }, deps)));
    for (const name of round.alsoOrders) failed.push(...(await handleParked({ events: [], alsoOrders: [name] }, deps)));
    return failed;
  }
}

async function applyHalving(events: EventRecord[], deps: RoundDependencies, attempts: number): Promise<RoundResult[]> {
  if (events.length === 0) return [];
  try {
    return [await apply({ events: events.map((each) => each.received), alsoOrders: [] }, deps)];
  } catch (err) {
    if (deps.stopping.aborted) throw err;
    const [only, ...others] = events;
    if (only !== undefined && others.length === 0) {
      deps.log.error({ err, source: only.received.source }, 'event cannot be applied, to the dead letters');
      await bury(only.record, err instanceof Error ? err.message : String(err), attempts, deps);
      return [];
    }
    const middle = Math.ceil(events.length / 2);
    return [
      ...(await applyHalving(events.slice(0, middle), deps, attempts + 1)),
      ...(await applyHalving(events.slice(middle), deps, attempts + 1)),
    ];
  }
}

async function apply(round: Round, deps: RoundDependencies): Promise<RoundResult> {
  const done = deps.metrics.startRound();
  const tellFirst = (mismatches: Announcement[]) => deps.announcer.publishWithin(mismatches, TELL_UNDER_LOCKS_MS);
  const result = await untilItPasses(deps, () => applyRound(deps.pool, round, deps.settings, deps.clock, tellFirst));
  done(result.outcomes);
  deps.metrics.credited(round.events, result.announcements, deps.clock.now());
  return result;
}

async function announce(result: RoundResult, deps: RoundDependencies): Promise<void> {
  await deps.announcer.publish(result.announcements);
  await untilItPasses(deps, () => forgetApplied(deps.pool, result.appliedParked));
}

async function untilItPasses<T>(deps: RoundDependencies, work: () => Promise<T>): Promise<T> {
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
    try {
      const result = await work();
      deps.metrics.databaseReachable(true);
      return result;
    } catch (err) {
      const passes = isRetriableDatabaseError(err) || err instanceof NotPublishedError;
      if (!passes || deps.stopping.aborted) throw err;
      deps.metrics.databaseReachable(isContention(err));
      deps.log.warn({ err, retryInMs: wait }, 'round not applied, trying again');
      await delay(wait, undefined, { signal: deps.stopping });
    }
  }
}

function isContention(err: unknown): boolean {
  const number = databaseErrorNumber(err);
  return err instanceof NotPublishedError || (number !== null && CONTENTION.has(number));
}

async function bury(record: ConsumedRecord, reason: string, attempts: number, deps: RoundDependencies): Promise<void> {
  await deps.announcer.publish([
    toDeadLetter(record, { consumer: CONSUMER_NAME, reason, at: deps.clock.now(), attempts }),
  ]);
  deps.metrics.deadLetter(record.topic);
  deps.log.error(
    { topic: record.topic, partition: record.partition, offset: record.message.offset, reason },
    'dead letter',
  );
}
