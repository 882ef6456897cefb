import type { KeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { CallbackOutcome } from './callback-route.ts';

/** From a healthy answer (a few ms) to the deadline of 2.5 s. */
const DURATION_BUCKETS_S = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3];

export const CALLBACK_OUTCOMES: readonly CallbackOutcome[] = [
  'published',
  'shed',
  'overloaded',
  'timed_out',
  'failed',
  'missing_header',
  'unsupported_signature_type',
  'v2_xml',
  'malformed_body',
  'unsupported_event',
  'signature_test',
  'stale_timestamp',
  'unknown_serial',
  'expired_key',
  'bad_signature',
  'undecryptable',
  'malformed_resource',
  'wrong_merchant',
];

export type GatewayMetrics = {
  callback(outcome: CallbackOutcome, durationMs: number): void;
  callbackLogDropped(count?: number): void;
  observeInFlight(read: () => number): void;
};

export function createGatewayMetrics(registry: Registry, publisher: { readonly queued: number }): GatewayMetrics {
  const registers = [registry];
  const callbacks = new Counter({
    name: 'payguard_callbacks_total',
    help: 'Callbacks by what came of them',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of CALLBACK_OUTCOMES) callbacks.inc({ outcome }, 0);
  const duration = new Histogram({
    name: 'payguard_callback_duration_seconds',
    help: 'First byte to answer',
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const dropped = new Counter({
    name: 'payguard_callback_log_dropped_total',
    help: 'Callbacks that are missing in the callback log',
    registers,
  });
  let inFlight = () => 0;
  new Gauge({
    name: 'payguard_callbacks_in_flight',
    help: 'Callbacks being worked on',
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  new Gauge({
    name: 'payguard_publish_queue_records',
    help: 'Events that wait for the next send to Kafka',
    registers,
    collect() {
      this.set(publisher.queued);
    },
  });
  return {
    callback(outcome, durationMs) {
      callbacks.inc({ outcome });
      duration.observe(durationMs / 1000);
    },
    callbackLogDropped: (count = 1) => dropped.inc(count),
    observeInFlight(read) {
      inFlight = read;
    },
  };
}

/** Shows when the keys in use end, which is when callbacks signed with them are refused. Public keys have no end. */
export function observeKeyExpiry(registry: Registry, keys: () => KeyRing): void {
  new Gauge({
    name: 'payguard_verification_key_expiry_timestamp_seconds',
    help: "When a platform certificate of WeChat Pay's, by which callbacks are verified, ends",
    labelNames: ['mchid', 'serial'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { mchid, id, validTo } of keys().values()) {
        if (Number.isFinite(validTo)) this.set({ mchid, serial: id }, validTo / 1000);
      }
    },
  });
}
