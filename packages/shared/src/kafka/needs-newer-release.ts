import { EVENT_TYPES, isEventType } from '../events/event-types.ts';
import type { ConsumedRecord } from './batch-consumer.ts';

/** True for an event whose major version only a newer release can read: its partition waits (a payment is no dead letter). */
export function needsNewerRelease({ topic, message }: ConsumedRecord): boolean {
  if (!isEventType(topic)) return false;
  const ceType = message.headers?.ce_type;
  const text = Buffer.isBuffer(ceType) ? ceType.toString('utf8') : ceType;
  if (typeof text !== 'string' || !text.startsWith(`${topic}.v`)) return false;
  const version = text.slice(topic.length + 2);
  return /^\d+$/.test(version) && Number(version) !== EVENT_TYPES[topic].version;
}
