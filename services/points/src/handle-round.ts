import type { Clock } from '@payguard/shared/clock/clock';
import { untilItPasses } from '@payguard/shared/clock/until-it-passes';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { isContentionError, isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { Announcer } from '@payguard/shared/kafka/announcer';
import { NotPublishedError } from '@payguard/shared/kafka/announcer';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { buryRecord } from '@payguard/shared/kafka/bury-record';
import { inConsumeSpans } from '@payguard/shared/kafka/consume-spans';
import { applyHalving } from '@payguard/shared/kafka/halve-round';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Announcement } from './announcements.ts';
import type { Round, RoundResult } from './apply-round.ts';
import { applyRound } from './apply-round.ts';
import { inCommitSpans } from './commit-spans.ts';
import type { DecodedRecord } from './decode-record.ts';
import { decodeRecord } from './decode-record.ts';
import type { OrderName } from './lock-orders.ts';
import type { PointsMetrics } from './metrics.ts';
import { forgetApplied } from './parked-events.ts';
import { recoveriesOf } from './recovery-times.ts';
import type { PointsSettings } from './settings.ts';

export const CONSUMER_NAME = 'points';

/** Mismatches are told while the orders and users are locked: no longer than this, or the shop could not spend. */
const TELL_UNDER_LOCKS_MS = 2_000;

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
  const traced = events.map(({ record, received }) => ({ record, traceparent: received.traceparent }));
  return inConsumeSpans(traced, async (traceparents) => {
    const applied = await applyHalving(
      events.map((each, n) => goingOnFrom(traceparents[n], each)),
      {
        apply: (some) => apply({ events: some.map((each) => each.received), alsoOrders: [] }, deps),
        bury: (event, err, attempts) => buryPoisoned(event, err, attempts, deps),
        stopping: deps.stopping,
      },
    );
    return async () => {
      for (const result of applied) await announce(result, deps);
    };
  });
}

function goingOnFrom(traceparent: string | undefined, event: EventRecord): EventRecord {
  if (traceparent === event.received.traceparent) return event;
  return { ...event, received: { ...event.received, traceparent } };
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

async function apply(round: Round, deps: RoundDependencies): Promise<RoundResult> {
  const done = deps.metrics.startRound();
  const tellFirst = (mismatches: Announcement[]) => deps.announcer.publishWithin(mismatches, TELL_UNDER_LOCKS_MS);
  const result = await inCommitSpans(round.events, () =>
    retrying(deps, () => applyRound(deps.pool, round, deps.settings, deps.clock, tellFirst)),
  );
  done(result.outcomes);
  deps.metrics.credited(recoveriesOf(result.folded, deps.clock.now()));
  return result;
}

async function announce(result: RoundResult, deps: RoundDependencies): Promise<void> {
  await deps.announcer.publish(result.announcements);
  await retrying(deps, () => forgetApplied(deps.pool, result.appliedParked));
}

/** Runs the work against the database until it is done, or fails for good. */
async function retrying<T>(deps: RoundDependencies, work: () => Promise<T>): Promise<T> {
  try {
    return await untilItPasses(
      {
        passes: (err) => isRetriableDatabaseError(err) || err instanceof NotPublishedError,
        failed(err, retryInMs) {
          deps.metrics.databaseReachable('rounds', err instanceof NotPublishedError || isContentionError(err));
          deps.log.warn({ err, retryInMs }, 'round not applied, trying again');
        },
        stopping: deps.stopping,
      },
      work,
    );
  } finally {
    // Failed for good, it has had its answer, too.
    deps.metrics.databaseReachable('rounds', true);
  }
}

async function buryPoisoned(
  event: EventRecord,
  err: unknown,
  attempts: number,
  deps: RoundDependencies,
): Promise<void> {
  deps.log.error({ err, source: event.received.source }, 'event cannot be applied, to the dead letters');
  await bury(event.record, err instanceof Error ? err.message : String(err), attempts, deps);
}

function bury(record: ConsumedRecord, reason: string, attempts: number, deps: RoundDependencies): Promise<void> {
  return buryRecord(record, { consumer: CONSUMER_NAME, reason, attempts }, deps);
}
