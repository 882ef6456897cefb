import type { EventType } from '@payguard/shared/events/event-types';
import { allTopics, CONSUMED_TOPICS, deadLetterTopic } from '@payguard/shared/events/topics';
import type { AclEntry } from 'kafkajs';
import kafkajs from 'kafkajs';
import { READER_GROUP_PREFIX } from '../dead-letters/read-dead-letters.ts';

// CommonJS: Node finds these names only on the default export.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** A consumer group; `prefix` stands for all that begin with the name. */
type Group = { name: string; pattern: 'literal' | 'prefix' };

type Permissions = {
  writes: readonly EventType[];
  reads: readonly EventType[];
  group?: Group;
  /** Where it puts what it cannot process. */
  buries: readonly EventType[];
  /** Dead letters that it looks at. */
  digs: readonly EventType[];
  /** Other parts' groups, of which it shows how far they have come. */
  watches?: readonly string[];
  /** Compares how the topics are set up with how they ought to be. */
  seesSettings?: true;
};

const ORDER_TOPICS = ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.decision'] as const;
const ALERTER_TOPICS = ['payment.mismatch', 'points.credited'] as const;
/** What an answer of WeChat Pay about one order can turn into. */
const QUERY_RESULTS = ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.mismatch'] as const;

/** Who may do what (ARCHITECTURE.md). Only a person's tools, console and CLI, may write a decision. */
const PERMISSIONS = {
  gateway: {
    writes: ['payment.confirmed', 'payment.refunded', 'payment.callback-log'],
    reads: [],
    buries: [],
    digs: [],
  },
  points: {
    writes: ['points.credited', 'payment.mismatch'],
    reads: ORDER_TOPICS,
    group: { name: 'points', pattern: 'literal' },
    buries: ORDER_TOPICS,
    digs: [],
    // It exports the lag of every consumer.
    watches: ['alerter'],
  },
  reconciler: { writes: QUERY_RESULTS, reads: [], buries: [], digs: [] },
  checkout: { writes: QUERY_RESULTS, reads: [], buries: [], digs: [] },
  alerter: {
    writes: [],
    reads: ALERTER_TOPICS,
    group: { name: 'alerter', pattern: 'literal' },
    buries: ALERTER_TOPICS,
    digs: [],
  },
  console: {
    writes: [...QUERY_RESULTS, 'payment.decision', 'points.credited'],
    reads: ['payment.callback-log'],
    group: { name: 'console', pattern: 'literal' },
    buries: [],
    digs: [],
  },
  cli: {
    writes: CONSUMED_TOPICS,
    reads: [],
    group: { name: READER_GROUP_PREFIX, pattern: 'prefix' },
    buries: [],
    digs: CONSUMED_TOPICS,
    seesSettings: true,
  },
} as const satisfies Record<string, Permissions>;

export type Part = keyof typeof PERMISSIONS;
export const PARTS = Object.keys(PERMISSIONS).filter(isPart);

export function isPart(text: string): text is Part {
  return Object.hasOwn(PERMISSIONS, text);
}

/**
 * The ACL entries for a part that runs as `principal` (as in `User:gateway`). Everyone may describe all topics of
 * payguard, since a part waits at its start until they exist; Kafka's Read and Write do not reach further.
 */
export function aclsFor(part: Part, principal: string): AclEntry[] {
  const { writes, reads, buries, digs, group, watches, seesSettings }: Permissions = PERMISSIONS[part];
  const { DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE } = AclOperationTypes;
  const looks = seesSettings ? [DESCRIBE, DESCRIBE_CONFIGS] : [DESCRIBE];
  return [
    ...allTopics().flatMap(({ name }) => looks.map((look) => topicEntry(principal, name, look))),
    ...[...writes, ...buries.map(deadLetterTopic)].map((topic) => topicEntry(principal, topic, WRITE)),
    ...[...reads, ...digs.map(deadLetterTopic)].map((topic) => topicEntry(principal, topic, READ)),
    ...(group === undefined ? [] : groupEntries(principal, group)),
    ...(watches ?? []).map((name) => groupEntry(principal, { name, pattern: 'literal' }, DESCRIBE)),
  ];
}

function topicEntry(principal: string, topic: string, operation: AclEntry['operation']): AclEntry {
  return {
    ...allowed(principal, operation),
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
  };
}

/** Who reads under a new group each time has to remove it again. */
function groupEntries(principal: string, group: Group): AclEntry[] {
  const { READ, DELETE } = AclOperationTypes;
  const operations = group.pattern === 'prefix' ? [READ, DELETE] : [READ];
  return operations.map((operation) => groupEntry(principal, group, operation));
}

function groupEntry(principal: string, { name, pattern }: Group, operation: AclEntry['operation']): AclEntry {
  return {
    ...allowed(principal, operation),
    resourceType: AclResourceTypes.GROUP,
    resourceName: name,
    resourcePatternType: pattern === 'prefix' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  };
}

function allowed(principal: string, operation: AclEntry['operation']) {
  return { principal, host: '*', operation, permissionType: AclPermissionTypes.ALLOW };
}
