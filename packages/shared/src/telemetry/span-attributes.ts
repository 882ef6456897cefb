import type { Attributes } from '@opentelemetry/api';
import { readOrderKey } from '../rules/order-key.ts';

type SeenRecord = {
  topic: string;
  partition?: number;
  offset?: string;
  /** `mchid:out_trade_no`, or null where that is unknown. */
  key: string | Buffer | null;
};

/** Which record a span is about, and which order: nothing else of a payment belongs into a trace. */
export function recordAttributes({ topic, partition, offset, key }: SeenRecord): Attributes {
  const order = key === null ? undefined : readOrderKey(String(key));
  // By OpenTelemetry's semantic conventions for Kafka; unset ones are left out.
  return {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': partition?.toString(),
    'messaging.kafka.offset': offset === undefined ? undefined : Number(offset),
    'payguard.mchid': order?.mchid,
    'payguard.out_trade_no': order?.out_trade_no,
  };
}
