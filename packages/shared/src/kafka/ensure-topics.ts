import type { Admin, Kafka } from 'kafkajs';
import { ConfigResourceTypes } from 'kafkajs';
import { ConfigError } from '../config/config-error.ts';
import type { TopicSettings } from '../events/topics.ts';
import { allTopics } from '../events/topics.ts';

export type TopicScale = { partitions: number; replicationFactor: number; minInSyncReplicas: number };

/** What production runs with (DESIGN §3); a single-node broker has to say 1 and 1. */
export const PRODUCTION_SCALE: TopicScale = { partitions: 12, replicationFactor: 3, minInSyncReplicas: 2 };

const CREATE_TIMEOUT_MS = 15_000;

export type TopicReport = { created: string[]; adjusted: string[] };

/**
 * Makes every topic exist with its settings: creates what is missing, adds partitions, mends retention and replica
 * settings. Never removes anything. Safe when run twice and by two processes at once.
 */
export async function ensureTopics(kafka: Kafka, scale: TopicScale): Promise<TopicReport> {
  const admin = kafka.admin({ retry: { retries: 5 } });
  await admin.connect();
  try {
    const wanted = allTopics();
    const created = await createMissing(admin, wanted, scale);
    const adjusted = await adjustExisting(admin, wanted, scale);
    return { created, adjusted };
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
  try {
    await admin.createTopics({
      timeout: CREATE_TIMEOUT_MS,
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic: topic.name,
        numPartitions: scale.partitions,
        replicationFactor: scale.replicationFactor,
        configEntries: Object.entries(topicConfig(topic, scale)).map(([name, value]) => ({ name, value })),
      })),
    });
  } catch (err) {
    // Another process created some of them in the same moment: what counts is that they exist now.
    const absent = await missingTopics(admin);
    if (absent.length > 0) throw explain(err, absent, scale);
  }
  return missing.map((topic) => topic.name);
}

async function adjustExisting(admin: Admin, wanted: TopicSettings[], scale: TopicScale): Promise<string[]> {
  const adjusted = new Set<string>();
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted.map((topic) => topic.name) });
  const tooFew = topics.filter((topic) => topic.partitions.length < scale.partitions);
  if (tooFew.length > 0) {
    await admin.createPartitions({
      topicPartitions: tooFew.map((topic) => ({ topic: topic.name, count: scale.partitions })),
    });
    for (const topic of tooFew) adjusted.add(topic.name);
  }
  const current = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map((topic) => ({ type: ConfigResourceTypes.TOPIC, name: topic.name })),
  });
  const changes = wanted.flatMap((topic) => {
    const config = topicConfig(topic, scale);
    const entries = current.resources.find((resource) => resource.resourceName === topic.name)?.configEntries ?? [];
    const differs = Object.entries(config).some(
      ([name, value]) => entries.find((entry) => entry.configName === name)?.configValue !== value,
    );
    return differs ? [{ topic: topic.name, config }] : [];
  });
  if (changes.length > 0) {
    await admin.alterConfigs({
      validateOnly: false,
      resources: changes.map(({ topic, config }) => ({
        type: ConfigResourceTypes.TOPIC,
        name: topic,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
    });
    for (const { topic } of changes) adjusted.add(topic);
  }
  return [...adjusted];
}

function topicConfig(topic: TopicSettings, scale: TopicScale): Record<string, string> {
  return {
    'retention.ms': String(topic.retentionMs),
    'min.insync.replicas': String(scale.minInSyncReplicas),
    'unclean.leader.election.enable': 'false',
    'cleanup.policy': 'delete',
  };
}

function explain(err: unknown, absent: string[], scale: TopicScale): Error {
  const cause = err instanceof Error ? err.message : String(err);
  return new ConfigError(
    `Topic ${absent[0]} could not be created with ${scale.replicationFactor} replicas (${cause}); ` +
      'on a cluster with fewer brokers give --replication-factor and --min-insync-replicas.',
  );
}
