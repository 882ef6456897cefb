import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, IResourceConfigEntry, ITopicMetadata, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import { ConfigError } from '../config/config-error.ts';
import type { TopicSettings } from '../events/topics.ts';
import { allTopics } from '../events/topics.ts';
import { onceKnown } from './once-known.ts';

// CommonJS: run by Node itself (not by vitest), these names are found only on the default export.
const { ConfigResourceTypes, ConfigSource } = kafkajs;
const { KafkaJSAggregateError, KafkaJSProtocolError, KafkaJSRequestTimeoutError } = kafkajs;

export type TopicScale = { partitions: number; replicationFactor: number; minInSyncReplicas: number };

/** What production runs with; a single-node broker has to say 1 and 1. */
export const PRODUCTION_SCALE: TopicScale = { partitions: 12, replicationFactor: 3, minInSyncReplicas: 2 };

const CREATE_TIMEOUT_MS = 15_000;
/** A topic that another process has just created reaches every broker's metadata in well under a second. */
const VISIBLE_TIMEOUT_MS = 15_000;
const VISIBLE_POLL_MS = 100;

export type TopicReport = { created: string[]; adjusted: string[] };

/**
 * Makes every topic exist with its settings: creates what is missing, adds partitions, mends retention and replica
 * settings. Never removes anything. Safe when run twice and by many processes at once; `created` names what this one
 * created itself.
 */
export async function ensureTopics(kafka: Kafka, scale: TopicScale): Promise<TopicReport> {
  const admin = kafka.admin({ retry: { retries: 5 } });
  await admin.connect();
  try {
    const wanted = allTopics();
    const created = await createMissing(admin, wanted, scale);
    const names = wanted.map((topic) => topic.name);
    const { topics } = await onceKnown(() => admin.fetchTopicMetadata({ topics: names }));
    const grown = await addPartitions(admin, topics, scale);
    const mended = await mendSettings(admin, wanted, scale);
    return { created, adjusted: [...new Set([...grown, ...mended])] };
  } finally {
    await admin.disconnect();
  }
}

/** The topics of this release that the cluster does not have; empty when a service may start. */
export async function missingTopics(admin: Admin): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  return allTopics()
    .map((topic) => topic.name)
    .filter((name) => !existing.has(name));
}

async function createMissing(admin: Admin, wanted: TopicSettings[], scale: TopicScale): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const missing = wanted.filter((topic) => !existing.has(topic.name));
  if (missing.length === 0) return [];
  const names = missing.map((topic) => topic.name);
  try {
    const some = await admin.createTopics({
      timeout: CREATE_TIMEOUT_MS,
      // The metadata that is asked for next waits for them, and for brokers that are slower to learn of the topic.
      waitForLeaders: false,
      topics: missing.map((topic) => ({
        topic: topic.name,
        numPartitions: scale.partitions,
        replicationFactor: scale.replicationFactor,
        configEntries: toEntries(topicConfig(topic, scale)),
      })),
    });
    return some ? names : [];
  } catch (err) {
    // Slow is not refused: whether they come into being is seen by waiting for them.
    if (err instanceof KafkaJSRequestTimeoutError) return names;
    const failures = createFailures(err);
    const real = failures.find((failure) => failure.type !== 'TOPIC_ALREADY_EXISTS');
    if (failures.length === 0) throw err;
    if (real !== undefined) throw explain(real, scale);
    // Another process created the rest in the same moment.
    const taken = new Set(failures.map((failure) => failure.topic));
    return names.filter((name) => !taken.has(name));
  }
}

type CreateFailure = { topic: string; type: string; message: string };

/** kafkajs throws one error with all topics that failed; the others were created. Empty for any other error. */
function createFailures(err: unknown): CreateFailure[] {
  if (!(err instanceof KafkaJSAggregateError)) return [];
  return err.errors.flatMap((error) =>
    typeof error === 'object' && 'topic' in error && 'type' in error
      ? [{ topic: String(error.topic), type: String(error.type), message: error.message }]
      : [],
  );
}

async function addPartitions(admin: Admin, metadata: ITopicMetadata[], scale: TopicScale): Promise<string[]> {
  const tooFew = metadata.filter((topic) => topic.partitions.length < scale.partitions).map((topic) => topic.name);
  const grown: string[] = [];
  // One request each, since kafkajs tells only of the first topic that failed.
  for (const topic of tooFew) {
    try {
      await admin.createPartitions({ topicPartitions: [{ topic, count: scale.partitions }] });
      grown.push(topic);
    } catch (err) {
      // What the controller answers when another process has just added them, which this broker may not know yet.
      const refused = err instanceof KafkaJSProtocolError && err.type === 'INVALID_PARTITIONS';
      if (!refused || !(await waitForPartitions(admin, topic, scale.partitions))) throw err;
    }
  }
  return grown;
}

async function waitForPartitions(admin: Admin, topic: string, count: number): Promise<boolean> {
  const deadline = performance.now() + VISIBLE_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const { topics } = await onceKnown(() => admin.fetchTopicMetadata({ topics: [topic] }));
    if ((topics[0]?.partitions.length ?? 0) >= count) return true;
    await delay(VISIBLE_POLL_MS);
  }
  return false;
}

async function mendSettings(admin: Admin, wanted: TopicSettings[], scale: TopicScale): Promise<string[]> {
  const resources = wanted.map((topic) => ({ type: ConfigResourceTypes.TOPIC, name: topic.name }));
  const current = await onceKnown(() => admin.describeConfigs({ includeSynonyms: false, resources }));
  const changes = wanted.flatMap((topic) => {
    const config = topicConfig(topic, scale);
    const entries = current.resources.find((resource) => resource.resourceName === topic.name)?.configEntries ?? [];
    const values = new Map(entries.map((entry) => [entry.configName, entry.configValue]));
    if (Object.entries(config).every(([name, value]) => values.get(name) === value)) return [];
    // The request replaces all of a topic's settings: those that somebody else gave it have to go along.
    const own = entries.filter((entry) => entry.configSource === ConfigSource.TOPIC_CONFIG);
    const kept = Object.fromEntries(own.map((entry) => [entry.configName, entry.configValue]));
    return [{ topic: topic.name, config: { ...kept, ...config } }];
  });
  if (changes.length === 0) return [];
  await admin.alterConfigs({
    validateOnly: false,
    resources: changes.map(({ topic, config }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: topic,
      configEntries: toEntries(config),
    })),
  });
  return changes.map(({ topic }) => topic);
}

function topicConfig(topic: TopicSettings, scale: TopicScale): Record<string, string> {
  return {
    'retention.ms': String(topic.retentionMs),
    'min.insync.replicas': String(scale.minInSyncReplicas),
    'unclean.leader.election.enable': 'false',
    'cleanup.policy': 'delete',
  };
}

function toEntries(config: Record<string, string>): IResourceConfigEntry[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}

function explain(failure: CreateFailure, scale: TopicScale): Error {
  return new ConfigError(
    `Topic ${failure.topic} could not be created with ${scale.replicationFactor} replicas (${failure.message}); ` +
      'on a cluster with fewer brokers give --replication-factor and --min-insync-replicas.',
  );
}
