import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { Clock } from '@payguard/shared/clock/clock';
import { untilItPasses } from '@payguard/shared/clock/until-it-passes';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import {
  databaseErrorNumber,
  isContentionError,
  isRetriableDatabaseError,
} from '@payguard/shared/database/database-error';
import type { Announcer } from '@payguard/shared/kafka/announcer';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { buryRecord } from '@payguard/shared/kafka/bury-record';
import { consumedAttributes } from '@payguard/shared/kafka/consume-spans';
import { applyHalving } from '@payguard/shared/kafka/halve-round';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { inSharedSpans } from '@payguard/shared/telemetry/tracing';
import { applyRound } from './apply-round.ts';
import type { DecodedRecord } from './decode-record.ts';
import { decodeRecord } from './decode-record.ts';
import type { AlerterMetrics } from './metrics.ts';

export const CONSUMER_NAME = 'alerter';

/** "Duplicate entry": another process has opened the same mismatch since this one looked, and is seen the next time. */
const DUPLICATE = 1062;

export type RoundDependencies = {
  pool: DatabasePool;
  announcer: Announcer;
  alerts: AlertsFile;
  clock: Clock;
  metrics: AlerterMetrics;
  log: Logger;
  /** Ends the trying again; what is unfinished then is delivered again after the next start. */
  stopping: AbortSignal;
};

type EventRecord = DecodedRecord & { kind: 'event' };

/**
 * Handles the records of a round to their durable end: in the database, or in the dead letter topic. What fails for good
 * halves the round until the poisoned event stands alone. Nothing is left to do afterwards: what people are to be told
 * stands in the database.
 */
export async function handleRound(records: ConsumedRecord[], deps: RoundDependencies): Promise<() => Promise<void>> {
  const decoded = records.map(decodeRecord);
  for (const each of decoded) if (each.kind === 'malformed') await bury(each.record, each.reason, 1, deps);
  const events = decoded.filter((each): each is EventRecord => each.kind === 'event');
  await applyHalving(events, {
    apply: (some) => apply(some, deps),
    bury: ({ record }, err, attempts) => bury(record, err instanceof Error ? err.message : String(err), attempts, deps),
    stopping: deps.stopping,
  });
  return async () => undefined;
}

async function apply(records: readonly EventRecord[], deps: RoundDependencies): Promise<void> {
  const results = await inSharedSpans(
    'alerter round',
    {
      kind: 'consumer',
      parents: records.map(({ event }) => event.traceparent),
      attributesOf: (index) => consumedAttributes(records[index]?.record),
    },
    async ({ traceparents }) => {
      const events = records.map(({ event }, index) => ({ ...event, traceparent: traceparents[index] }));
      return retrying(deps, () => applyRound(deps.pool, events, deps.alerts, deps.clock.now()));
    },
  );
  deps.metrics.mismatchEvents(results);
}

/** Runs the work against the database until it is done, or fails for good. */
async function retrying<T>({ metrics, log, stopping }: RoundDependencies, work: () => Promise<T>): Promise<T> {
  const isDuplicate = (err: unknown): boolean => databaseErrorNumber(err) === DUPLICATE;
  const result = await untilItPasses(
    {
      passes: (err) => isRetriableDatabaseError(err) || isDuplicate(err),
      failed(err, retryInMs) {
        metrics.databaseReachable(isContentionError(err) || isDuplicate(err));
        log.warn({ err, retryInMs }, 'round not applied, trying again');
      },
      stopping,
    },
    work,
  );
  metrics.databaseReachable(true);
  return result;
}

function bury(record: ConsumedRecord, reason: string, attempts: number, deps: RoundDependencies): Promise<void> {
  return buryRecord(record, { consumer: CONSUMER_NAME, reason, attempts }, deps);
}
