import { allTopics, type TopicSettings } from '@payguard/shared/events/topics';
import { PRODUCTION_SCALE } from '@payguard/shared/kafka/ensure-topics';
import { onceKnown } from '@payguard/shared/kafka/once-known';
import type { Admin, ITopicMetadata, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import { counted } from '../counted.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

// CommonJS: run by Node itself (not by vitest), these names are found only on the default export.
const { ConfigResourceTypes } = kafkajs;

const CHECK = 'Kafka topics';

type Guard = (check: string, work: () => Promise<Finding[]>) => Promise<Finding[]>;

/** Are all topics there, with the copies and settings that a 2xx to WeChat Pay relies on (invariant 4). */
export async function checkKafka(kafka: Kafka, guard: Guard): Promise<Finding[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { brokers } = await admin.describeCluster();
    const reachable = ok('Kafka', `It answers, with ${counted(brokers.length, 'broker')}.`);
    return [reachable, ...(await guard(CHECK, () => checkTopics(admin, brokers.length)))];
  } finally {
    await admin.disconnect();
  }
}

async function checkTopics(admin: Admin, brokers: number): Promise<Finding[]> {
  const existing = new Set(await admin.listTopics());
  const wanted = allTopics();
  const missing = wanted.filter(({ name }) => !existing.has(name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name);
    return [fail(CHECK, `${missing.length} of ${wanted.length} are missing.`, 'Run payguard topics.', names)];
  }
  const names = wanted.map(({ name }) => name);
  const { topics } = await onceKnown(() => admin.fetchTopicMetadata({ topics: names }));
  const settings = await readSettings(admin, names);
  const wrong = wanted.flatMap((topic) => wrongSettings(topic, settings.get(topic.name) ?? new Map()));
  const found =
    wrong.length > 0
      ? fail(CHECK, 'Some have settings that may lose or keep back events.', 'Run payguard topics.', wrong)
      : ok(CHECK, `All ${wanted.length} are there, with retention and leader election as wanted.`);
  return [found, checkCopies(topics, settings, brokers)];
}

/** By topic: its settings as Kafka has them. */
async function readSettings(admin: Admin, names: string[]): Promise<Map<string, Map<string, string>>> {
  const resources = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
  const answer = await onceKnown(() => admin.describeConfigs({ includeSynonyms: false, resources }));
  return new Map(
    answer.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

function wrongSettings(topic: TopicSettings, settings: ReadonlyMap<string, string>): string[] {
  const wanted = {
    'retention.ms': String(topic.retentionMs),
    'unclean.leader.election.enable': 'false',
    'cleanup.policy': 'delete',
  };
  return Object.entries(wanted).flatMap(([name, value]) =>
    settings.get(name) === value ? [] : [`${topic.name}: ${name} is ${settings.get(name)}, should be ${value}`],
  );
}

/** A single broker cannot do better, and is for one machine; where there are more, less is a mistake. */
function checkCopies(
  topics: readonly ITopicMetadata[],
  settings: ReadonlyMap<string, ReadonlyMap<string, string>>,
  brokers: number,
): Finding {
  const check = 'Kafka copies';
  const { replicationFactor, minInSyncReplicas } = PRODUCTION_SCALE;
  const few = topics.flatMap(({ name, partitions }) => {
    const copies = Math.min(...partitions.map(({ replicas }) => replicas.length));
    const inSync = Number(settings.get(name)?.get('min.insync.replicas') ?? 1);
    if (copies >= replicationFactor && inSync >= minInSyncReplicas) return [];
    return [`${name}: ${copies} copies, min.insync.replicas ${inSync}`];
  });
  if (few.length === 0) return ok(check, `Each event is on ${minInSyncReplicas} brokers before it counts.`);
  if (brokers === 1) {
    const message = 'There is a single broker: a disk lost is events lost.';
    return warn(check, message, `In production run ${replicationFactor} brokers and payguard topics.`);
  }
  const remedy = `Reassign them to ${replicationFactor} brokers (kafka-reassign-partitions.sh), then run payguard topics.`;
  return fail(check, 'Some have fewer copies than production wants.', remedy, few);
}
