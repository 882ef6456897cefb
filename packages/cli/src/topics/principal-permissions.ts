import type { EventType } from '@payguard/shared/events/event-types';
import { allTopics, CONSUMED_TOPICS, deadLetterTopic } from '@payguard/shared/events/topics';
import type { AclEntry } from 'kafkajs';
import kafkajs from 'kafkajs';
import { READER_GROUP_PREFIX } from '../dead-letters/read-dead-letters.ts';

// CommonJS: Node finds these names only on the default export.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

type Permissions = {
  writes: readonly EventType[];
  reads: readonly EventType[];
  /** Consumer group; `prefix` stands for all that begin with it. */
  group?: { name: string; pattern: 'literal' | 'prefix' };
  /** Where it puts what it cannot process. */
  buries: readonly EventType[];
  /** Dead letters that it looks at. */
  digs: readonly EventType[];
};

const ORDER_TOPICS = ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.decision'] as const;
const ALERTER_TOPICS = ['payment.mismatch', 'points.credited'] as const;
/** What an answer of WeChat Pay about one order can turn into. */
const QUERY_RESULTS = ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.mismatch'] as const;

/** Who may do what (DESIGN §1 and §3). Only a person's tools, console and CLI, may write a decision. */
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
  const { writes, reads, buries, digs, group }: Permissions = PERMISSIONS[part];
  const { DESCRIBE, READ, WRITE } = AclOperationTypes;
  return [
    ...allTopics().map(({ name }) => topicEntry(principal, name, DESCRIBE)),
    ...[...writes, ...buries.map(deadLetterTopic)].map((topic) => topicEntry(principal, topic, WRITE)),
    ...[...reads, ...digs.map(deadLetterTopic)].map((topic) => topicEntry(principal, topic, READ)),
    ...(group === undefined ? [] : groupEntries(principal, group)),
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
function groupEntries(principal: string, group: NonNullable<Permissions['group']>): AclEntry[] {
  const { READ, DELETE } = AclOperationTypes;
  const operations = group.pattern === 'prefix' ? [READ, DELETE] : [READ];
  return operations.map((operation) => ({
    ...allowed(principal, operation),
    resourceType: AclResourceTypes.GROUP,
    resourceName: group.name,
    resourcePatternType: group.pattern === 'prefix' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  }));
}

function allowed(principal: string, operation: AclEntry['operation']) {
  return { principal, host: '*', operation, permissionType: AclPermissionTypes.ALLOW };
}
