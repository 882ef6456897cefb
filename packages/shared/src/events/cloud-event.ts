import type { EventData, EventType } from './event-types.ts';
import { EVENT_TYPES, isEventType } from './event-types.ts';
import { readTraceparent } from './traceparent.ts';

/**
 * CloudEvents 1.0 in binary content mode over Kafka: attributes are `ce_` headers, the value is the data as JSON
 * (CloudEvents Kafka Protocol Binding 1.0, section 3.2). `ce_type` carries the major version: `payment.confirmed.v1`.
 */
export type CloudEventRecord = { key: string | null; value: string; headers: Record<string, string> };

type EventAttributes = {
  type: EventType;
  id: string;
  source: string;
  /** ms UTC */
  time: number;
  traceparent?: string | undefined;
};

export function toKafkaRecord<T extends EventType>(
  event: EventAttributes & { type: T; key: string | null; data: EventData<T> },
): CloudEventRecord {
  return { key: event.key, value: JSON.stringify(event.data), headers: cloudEventHeaders(event) };
}

/** For the rare producer that writes its JSON itself. */
export function cloudEventHeaders(event: EventAttributes): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: `${event.type}.v${EVENT_TYPES[event.type].version}`,
    ce_source: event.source,
    ce_time: new Date(event.time).toISOString(),
    'content-type': 'application/json',
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  };
}

export type DecodedEvent<T extends EventType> =
  | { kind: 'event'; type: T; id: string; data: EventData<T>; traceparent: string | undefined }
  /** A release newer than this one wrote it. Not a dead letter: the reader stops there until it is upgraded. */
  | { kind: 'unknown_version'; ceType: string }
  | { kind: 'malformed'; reason: string };

export type RawKafkaMessage = { value: Buffer | null; headers?: Record<string, unknown> | undefined };

/** Reads one event of a topic. Unknown fields are ignored; anything else that is off is named in `reason`. */
export function fromKafkaMessage<T extends EventType>(topic: T, message: RawKafkaMessage): DecodedEvent<T> {
  const ceType = headerText(message.headers, 'ce_type');
  if (ceType === undefined) return { kind: 'malformed', reason: 'header ce_type is missing' };
  const version = /^(.+)\.v(\d+)$/.exec(ceType);
  if (version?.[1] !== topic || !isEventType(topic)) {
    return { kind: 'malformed', reason: `header ce_type is ${ceType}, which does not belong into ${topic}` };
  }
  if (Number(version[2]) !== EVENT_TYPES[topic].version) return { kind: 'unknown_version', ceType };
  const id = headerText(message.headers, 'ce_id');
  if (id === undefined) return { kind: 'malformed', reason: 'header ce_id is missing' };
  if (message.value === null) return { kind: 'malformed', reason: 'the value is empty' };
  return parseData(topic, id, message.value, readTraceparent(headerText(message.headers, 'traceparent')));
}

function parseData<T extends EventType>(
  type: T,
  id: string,
  value: Buffer,
  traceparent: string | undefined,
): DecodedEvent<T> {
  let json: unknown;
  try {
    json = JSON.parse(value.toString('utf8'));
  } catch {
    return { kind: 'malformed', reason: 'the value is not JSON' };
  }
  const parsed = EVENT_TYPES[type].schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { kind: 'malformed', reason: `${issue?.path.join('.') ?? 'value'}: ${issue?.message ?? 'invalid'}` };
  }
  return { kind: 'event', type, id, data: parsed.data as EventData<T>, traceparent };
}

function headerText(headers: Record<string, unknown> | undefined, name: string): string | undefined {
  const value = headers?.[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first;
  return Buffer.isBuffer(first) ? first.toString('utf8') : undefined;
}
