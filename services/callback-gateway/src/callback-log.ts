import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@payguard/shared/clock/clock';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import type { CallbackLogEntry } from '@payguard/shared/events/callback-log';
import { cloudEventHeaders } from '@payguard/shared/events/cloud-event';
import type { Producer } from 'kafkajs';
import type { CallbackOutcome } from './callback-route.ts';
import type { GatewayMetrics } from './metrics.ts';

/** Pages that wait for the send under way; beyond them entries are dropped and counted. */
const MAX_FULL_PAGES = 512;
/** Refused ones stop here, so that whoever sends them leaves room for the accepted. */
const MAX_REFUSED_PAGES = MAX_FULL_PAGES / 2;
const FLUSH_EVERY_MS = 500;
/** Refused callbacks are anybody's: this many a minute are kept, and no more than this much of each body. */
const MAX_REFUSED_A_MINUTE = 300;
const MAX_REFUSED_BODY_BYTES = 2 * 1024;
const MINUTE_MS = 60_000;
/** One record: some seven callbacks. kafkajs copies each record several times; larger ones gain nothing (measured). */
const PAGE_BYTES = 16 * 1024;
/** A signature has 344 characters; what is longer is not WeChat Pay's. */
const MAX_HEADER_CHARS = 512;
/** Waiting for a last send on shutdown. */
const CLOSE_TIMEOUT_MS = 2_000;

/** `,` before an entry and `]}` after the last. */
const COMMA_AND_END_BYTES = 3;
/** The whole frame around the entries. */
const PAGE_OVERHEAD_BYTES = 32;

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
  let page = createLogPage();
  let full: LogPage[] = [];
  let sending: Promise<void> | undefined;
  let refused = { minute: 0, count: 0 };

  function add(entry: LoggedCallback): void {
    const mayLog =
      entry.status === 204 ? full.length < MAX_FULL_PAGES : full.length < MAX_REFUSED_PAGES && mayLogRefused();
    if (!mayLog) {
      metrics.callbackLogDropped();
      return;
    }
    const text = JSON.stringify(toLogEntry(entry));
    if (page.add(text)) return;
    if (page.entries > 0) full.push(page);
    // One that is larger than a page gets a record of its own.
    page = createLogPage(Math.max(PAGE_BYTES, Buffer.byteLength(text) + PAGE_OVERHEAD_BYTES));
    page.add(text);
  }

  function mayLogRefused(): boolean {
    const minute = Math.floor(clock.now() / MINUTE_MS);
    if (refused.minute !== minute) refused = { minute, count: 0 };
    refused.count += 1;
    return refused.count <= MAX_REFUSED_A_MINUTE;
  }

  function flush(): void {
    if (sending !== undefined || full.length === 0) return;
    const pages = full;
    full = [];
    sending = sendPages(pages).finally(() => {
      sending = undefined;
    });
  }

  /** One page a send: kafkajs grows its buffers with the request, and the kernel pages larger ones in anew each time. */
  async function sendPages(pages: LogPage[]): Promise<void> {
    for (const each of pages) {
      await producer
        .send({ topic: 'payment.callback-log', acks: 1, messages: [toMessage(each, clock.now())] })
        .catch(() => metrics.callbackLogDropped(each.entries));
    }
  }

  function turnPage(): void {
    if (page.entries > 0) {
      full.push(page);
      page = createLogPage();
    }
    flush();
  }

  async function sendRest(): Promise<void> {
    for (turnPage(); sending !== undefined; flush()) await sending;
  }

  const timer = setInterval(turnPage, FLUSH_EVERY_MS);
  return {
    add,
    async close() {
      clearInterval(timer);
      await settledWithin(sendRest(), CLOSE_TIMEOUT_MS);
    },
  };
}

type LogPage = {
  readonly entries: number;
  /** False when the entry does not fit any more. */
  add(entryJson: string): boolean;
  /** The JSON text `{"entries":[…]}`. */
  finish(): Buffer;
};

/**
 * Entries as text in one buffer: kept as objects until the flush, they outlive the young generation and cost the
 * garbage collector a quarter of the gateway's time (measured).
 */
function createLogPage(size = PAGE_BYTES): LogPage {
  const bytes = Buffer.allocUnsafe(size);
  let length = bytes.write('{"entries":[');
  let entries = 0;
  return {
    get entries() {
      return entries;
    },
    add(entryJson) {
      if (length + Buffer.byteLength(entryJson) + COMMA_AND_END_BYTES > size) return false;
      if (entries > 0) length += bytes.write(',', length);
      length += bytes.write(entryJson, length);
      entries += 1;
      return true;
    },
    finish() {
      length += bytes.write(']}', length);
      return bytes.subarray(0, length);
    },
  };
}

function toMessage(page: LogPage, now: number) {
  const event = {
    type: 'payment.callback-log',
    id: randomUUID(),
    source: '/payguard/callback-gateway',
    time: now,
  } as const;
  return { key: null, value: page.finish(), headers: cloudEventHeaders(event) };
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
    if (typeof value === 'string') picked[name] = value.slice(0, MAX_HEADER_CHARS);
  }
  return picked;
}
