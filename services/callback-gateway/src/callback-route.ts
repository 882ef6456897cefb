import type { Clock } from '@payguard/shared/clock/clock';
import type { MicroBatchPublisher, PublishResult } from '@payguard/shared/kafka/micro-batch-publisher';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { inSpan } from '@payguard/shared/telemetry/tracing';
import type { KeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import type { RefusalReason, VerifyOutcome } from '@payguard/shared/wechatpay-verify/verify-notification';
import { verifyNotification } from '@payguard/shared/wechatpay-verify/verify-notification';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CallbackLogBuffer } from './callback-log.ts';
import type { GatewayMetrics } from './metrics.ts';
import { toEventRecord } from './publish-notification.ts';

/** WeChat Pay waits 5 s and treats 3 s of latency as a time-out; half a second is left for the way. */
const ANSWER_WITHIN_MS = 2_500;

export type CallbackDependencies = {
  keys(): KeyRing;
  publisher: MicroBatchPublisher;
  callbackLog: CallbackLogBuffer;
  metrics: GatewayMetrics;
  clock: Clock;
  log: Logger;
  maxInFlight: number;
};

export type CallbackOutcome = 'published' | 'shed' | Exclude<PublishResult['kind'], 'acknowledged'> | RefusalReason;

/** What WeChat Pay is answered. Anything but 2xx makes it send again, up to 15 times in 24 h (page 4012791861). */
const STATUS: Record<CallbackOutcome, number> = {
  published: 204,
  shed: 503,
  overloaded: 503,
  timed_out: 503,
  failed: 503,
  missing_header: 400,
  unsupported_signature_type: 400,
  v2_xml: 400,
  malformed_body: 400,
  unsupported_event: 400,
  signature_test: 401,
  stale_timestamp: 401,
  unknown_serial: 401,
  expired_key: 401,
  bad_signature: 401,
  undecryptable: 500,
  malformed_resource: 500,
  wrong_merchant: 500,
};

declare module 'fastify' {
  interface FastifyRequest {
    /** performance.now() when its head had been read. */
    startedAt: number;
  }
}

type Answer = { outcome: CallbackOutcome; message: string; outTradeNo: string | undefined };

/** `POST callback`: verify, publish, acknowledge. 2xx only after all in-sync replicas have the event (invariant 4). */
export function callbackRoute(app: FastifyInstance, path: string, deps: CallbackDependencies): void {
  let inFlight = 0;
  deps.metrics.observeInFlight(() => inFlight);

  app.decorateRequest('startedAt', 0);
  app.post(path, { onRequest: noteStart }, async (request, reply) => {
    const { startedAt } = request;
    const receivedAt = deps.clock.now() - Math.round(performance.now() - startedAt);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    let answer: Answer;
    if (inFlight >= deps.maxInFlight) {
      answer = { outcome: 'shed', message: 'too many callbacks at once', outTradeNo: undefined };
    } else {
      inFlight += 1;
      answer = await receiveInSpan(request, body, deps, startedAt).finally(() => {
        inFlight -= 1;
      });
    }
    const durationMs = performance.now() - startedAt;
    const status = STATUS[answer.outcome];
    record(deps, request, body, { ...answer, status, receivedAt, durationMs });
    if (status === 204) return reply.code(204).send();
    return reply.code(status).send({ code: 'FAIL', message: answer.message });
  });
}

/** With the head, not with the whole body: a slow sender's own time counts as time to answer. */
function noteStart(request: FastifyRequest, _reply: unknown, done: () => void): void {
  request.startedAt = performance.now();
  done();
}

/** A trace begins here: what a callback says of traces itself is anybody's, and is not followed. */
function receiveInSpan(
  request: FastifyRequest,
  body: Buffer,
  deps: CallbackDependencies,
  startedAt: number,
): Promise<Answer> {
  return inSpan('receive callback', { kind: 'server', startedAt }, async (span) => {
    const answer = await receive(request, body, deps, startedAt);
    span.setAttributes({
      'http.request.method': 'POST',
      'http.response.status_code': STATUS[answer.outcome],
      'payguard.outcome': answer.outcome,
      'payguard.out_trade_no': answer.outTradeNo,
    });
    return answer;
  });
}

async function receive(
  request: FastifyRequest,
  body: Buffer,
  deps: CallbackDependencies,
  startedAt: number,
): Promise<Answer> {
  const verified = verifyNotification({ headers: request.headers, body }, deps.keys(), deps.clock.now());
  if (verified.kind === 'refused') return { outcome: verified.reason, message: verified.detail, outTradeNo: undefined };
  return publish(verified, deps, startedAt);
}

async function publish(
  verified: VerifyOutcome & { kind: 'verified' },
  deps: CallbackDependencies,
  startedAt: number,
): Promise<Answer> {
  const { record, outTradeNo } = toEventRecord(verified.notification, deps.clock.now());
  const result = await deps.publisher.publish(record, ANSWER_WITHIN_MS - (performance.now() - startedAt));
  switch (result.kind) {
    case 'acknowledged':
      return { outcome: 'published', message: '', outTradeNo };
    case 'failed':
      deps.log.error({ err: result.error, outTradeNo }, 'event refused by Kafka');
      return { outcome: 'failed', message: 'not stored', outTradeNo };
    case 'overloaded':
    case 'timed_out':
      return { outcome: result.kind, message: 'not stored in time', outTradeNo };
  }
}

function record(
  deps: CallbackDependencies,
  request: FastifyRequest,
  body: Buffer,
  entry: Answer & { status: number; receivedAt: number; durationMs: number },
): void {
  deps.metrics.callback(entry.outcome, entry.durationMs);
  deps.callbackLog.add({ headers: request.headers, ip: request.ip, body, ...entry });
  if (entry.outcome === 'published') {
    deps.log.info({ outTradeNo: entry.outTradeNo, ms: Math.round(entry.durationMs) }, 'callback published');
  } else {
    deps.log.warn(
      {
        outcome: entry.outcome,
        status: entry.status,
        detail: entry.message,
        ip: request.ip,
        outTradeNo: entry.outTradeNo,
      },
      'callback not accepted',
    );
  }
}
