import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '@payguard/shared/clock/clock';
import { ConfigError } from '@payguard/shared/config/config-error';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { ensureTopics, type TopicScale } from '@payguard/shared/kafka/ensure-topics';
import { createKafka, type KafkaSettings } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';

/** One broker: one replica. Four partitions show what more than one do. */
const LOCAL_SCALE: TopicScale = { partitions: 4, replicationFactor: 1, minInSyncReplicas: 1 };
/** 12 topics take a second or two on a new broker; after this the broker is not there. */
const TOPICS_TIMEOUT_MS = 30_000;

/** Brings the database to this release's schema. Throws ConfigError when its rows do not fit; nothing is then changed. */
export async function prepareSchema(databaseUrl: string, orders: { mchid: string; appid: string }): Promise<string> {
  const pool = createDatabasePool({ url: databaseUrl, connectionLimit: 1 });
  try {
    const legacy = { ...DEFAULT_LEGACY_OPTIONS, ...orders };
    const outcome = await migrate({ pool, clock: systemClock, legacy });
    if (outcome.outcome === 'refused') throw new ConfigError(outcome.refusals.map(({ message }) => message).join('\n'));
    return outcome.applied.length === 0 ? 'up to date' : `${outcome.applied.length} migrations applied`;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`The database could not be prepared (${firstLine(cause)}): check that it runs and try again.`, {
      cause: error,
    });
  } finally {
    await pool.end();
  }
}

/** Makes every topic exist. */
export async function prepareTopics(settings: KafkaSettings): Promise<string> {
  const kafka = createKafka('local', settings, createLogger('local', 'silent'));
  const timer = new AbortController();
  try {
    const { created } = await Promise.race([ensureTopics(kafka, LOCAL_SCALE), timeOut(timer.signal)]);
    return created.length === 0 ? 'up to date' : `${created.length} topics created`;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new Error(
      `Kafka at ${settings.KAFKA_BROKERS.join(',')} made no topics (${firstLine(error)}): check that it runs and try again.`,
      { cause: error },
    );
  } finally {
    timer.abort();
  }
}

async function timeOut(signal: AbortSignal): Promise<never> {
  await wait(TOPICS_TIMEOUT_MS, undefined, { signal });
  throw new Error(`no answer in ${TOPICS_TIMEOUT_MS / 1000} s`);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
