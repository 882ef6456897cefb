import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@payguard/shared/clock/clock';
import type { CallbackLogEntry } from '@payguard/shared/events/callback-log';
import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import type { Producer } from 'kafkajs';
import type { CallbackOutcome } from './callback-route.ts';
import type { GatewayMetrics } from './metrics.ts';

/** Entries that wait for the next send; beyond it they are dropped and counted. */
const MAX_BUFFERED = 2_000;
const FLUSH_EVERY_MS = 500;
/** Refused callbacks are anybody's: this many a minute are kept, and no more than this much of each body. */
const MAX_REFUSED_A_MINUTE = 300;
const MAX_REFUSED_BODY_BYTES = 2 * 1024;
const MINUTE_MS = 60_000;
/** Callbacks in one record, well below the broker's limit of 1 MiB. */
const MAX_RECORD_BODY_BYTES = 256 * 1024;
/** Waiting for a last send on shutdown. */
const CLOSE_TIMEOUT_MS = 2_000;

const LOGGED_HEADERS = [
  'wechatpay-serial',
  'wechatpay-signature',
  'wechatpay-signature-type',
  'wechatpay-timestamp',
  'wechatpay-nonce',
  'request-id',
  'user-agent',
  'content-type',
] as const;

export type LoggedCallback = {
  receivedAt: number;
  ip: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  status: number;
  outcome: CallbackOutcome;
  outTradeNo: string | undefined;
  durationMs: number;
};

export type CallbackLogBuffer = { add(entry: LoggedCallback): void; close(): Promise<void> };

/** Keeps every callback for the operators (topic payment.callback-log). Best effort: it never delays or changes an answer. */
export function createCallbackLog(
  producer: Pick<Producer, 'send'>,
  metrics: GatewayMetrics,
  clock: Clock,
): CallbackLogBuffer {
  let buffer: LoggedCallback[] = [];
  let sending: Promise<void> | undefined;
  let refused = { minute: 0, count: 0 };

  function add(entry: LoggedCallback): void {
    if (buffer.length >= MAX_BUFFERED || (entry.status !== 204 && !mayLogRefused())) {
      metrics.callbackLogDropped();
      return;
    }
    buffer.push(entry);
  }

  function mayLogRefused(): boolean {
    const minute = Math.floor(clock.now() / MINUTE_MS);
    if (refused.minute !== minute) refused = { minute, count: 0 };
    refused.count += 1;
    return refused.count <= MAX_REFUSED_A_MINUTE;
  }

  function flush(): void {
    if (sending !== undefined || buffer.length === 0) return;
    const entries = buffer;
    buffer = [];
    sending = producer
      .send({ topic: 'payment.callback-log', acks: 1, messages: inRecords(entries).map(toMessage) })
      .then(
        () => undefined,
        () => metrics.callbackLogDropped(entries.length),
      )
      .finally(() => {
        sending = undefined;
      });
  }

  const timer = setInterval(flush, FLUSH_EVERY_MS);
  return {
    add,
    async close() {
      clearInterval(timer);
      flush();
      await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref())]);
    },
  };
}

/** Splits what is to be sent so that no record outgrows the broker's limit. */
function inRecords(entries: LoggedCallback[]): LoggedCallback[][] {
  const records: LoggedCallback[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    if (bytes + entry.body.length > MAX_RECORD_BODY_BYTES) {
      records.push([]);
      bytes = 0;
    }
    records.at(-1)?.push(entry);
    bytes += entry.body.length;
  }
  return records;
}

function toMessage(entries: LoggedCallback[]) {
  return toKafkaRecord({
    type: 'payment.callback-log',
    id: randomUUID(),
    source: '/payguard/callback-gateway',
    time: entries.at(-1)?.receivedAt ?? 0,
    key: null,
    data: { entries: entries.map(toLogEntry) },
  });
}

function toLogEntry(entry: LoggedCallback): CallbackLogEntry {
  const truncated = entry.status !== 204 && entry.body.length > MAX_REFUSED_BODY_BYTES;
  const body = truncated ? entry.body.subarray(0, MAX_REFUSED_BODY_BYTES) : entry.body;
  const encoding = isUtf8(body) ? 'utf8' : 'base64';
  return {
    received_at: new Date(entry.receivedAt).toISOString(),
    client_ip: entry.ip,
    headers: pickHeaders(entry.headers),
    body: body.toString(encoding),
    body_encoding: encoding,
    body_truncated: truncated,
    status: entry.status,
    outcome: entry.outcome,
    out_trade_no: entry.outTradeNo ?? null,
    duration_ms: Math.round(entry.durationMs * 10) / 10,
  };
}

function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of LOGGED_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}
