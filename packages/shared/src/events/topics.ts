import type { EventType } from './event-types.ts';
import { EVENT_TYPES } from './event-types.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export const DEAD_LETTER_SUFFIX = '.dlq';

export type TopicSettings = { name: string; retentionMs: number };

/** Money is kept for 30 days, so that a group created late still credits everything; a dead letter until a person acts. */
const RETENTION_MS: Record<EventType, number> = {
  'payment.confirmed': 30 * DAY_MS,
  'payment.refunded': 30 * DAY_MS,
  'payment.closed': 30 * DAY_MS,
  'payment.decision': 30 * DAY_MS,
  'payment.mismatch': 14 * DAY_MS,
  'payment.callback-log': 3 * DAY_MS,
  'points.credited': 30 * DAY_MS,
};

/** Topics that somebody consumes and that therefore need a place for what cannot be processed. */
export const CONSUMED_TOPICS = [
  'payment.confirmed',
  'payment.refunded',
  'payment.closed',
  'payment.decision',
  'payment.mismatch',
  'points.credited',
] as const satisfies EventType[];

export function deadLetterTopic(topic: string): string {
  return `${topic}${DEAD_LETTER_SUFFIX}`;
}

/** Every topic of the system with its retention (-1: unlimited). Partitions and replicas are the environment's. */
export function allTopics(): TopicSettings[] {
  const events = Object.keys(EVENT_TYPES) as EventType[];
  return [
    ...events.map((name) => ({ name, retentionMs: RETENTION_MS[name] })),
    ...CONSUMED_TOPICS.map((name) => ({ name: deadLetterTopic(name), retentionMs: -1 })),
  ];
}
