import { z } from 'zod';
import type { Answer, Exchange } from './exchange.ts';
import type { NoConnection } from './open-connection.ts';
import type { Verdict } from './verdict.ts';

/** The two questions of a probe; the second is not asked where nothing can be connected to. `now`: ms UTC. */
export type Observed = { health: Exchange; callback: Exchange | undefined; slowMs: number; now: number };

const healthSchema = z.object({ status: z.enum(['ok', 'unavailable']) });
const refusalSchema = z.object({ code: z.literal('FAIL') });

/**
 * What two answers come to, the worst first: a 2xx to an unsigned callback says that WeChat Pay's own are taken by
 * somebody else for good, since it sends none again that was answered so (page 4012791861). Pure.
 */
export function judgeProbe({ health, callback, slowMs, now }: Observed): Verdict {
  if (health.kind === 'no_connection') return judgeConnection(health, now);
  if (callback?.kind === 'answer' && isSuccess(callback)) {
    const { status, contentType } = callback;
    return { finding: 'post_accepted', status, contentType };
  }
  const isCallbackFine = callback?.kind === 'answer' && isRefusal(callback);
  return judgeHealth(health, isCallbackFine) ?? judgeCallback(callback) ?? judgeSpeed(health, callback, slowMs);
}

function judgeConnection({ step, code, certificateEnds }: NoConnection, now: number): Verdict {
  switch (step) {
    case 'dns':
      return { finding: 'dns_failed', code };
    case 'connect':
      return { finding: code === 'ECONNREFUSED' ? 'connection_refused' : 'connect_timeout', code };
    case 'tls': {
      const endedAt = certificateEnds !== null && certificateEnds < now ? certificateEnds : null;
      if (code === 'TIMEOUT') return { finding: 'connect_timeout', code };
      const isExpired = endedAt !== null || code === 'CERT_HAS_EXPIRED';
      return isExpired ? { finding: 'tls_expired', endedAt } : { finding: 'tls_untrusted', code };
    }
  }
}

function judgeHealth(health: Exclude<Exchange, NoConnection>, isCallbackFine: boolean): Verdict | undefined {
  if (health.kind === 'no_answer') return judgeSilence(health.code);
  const { status, location, contentType } = health;
  const said = parse(healthSchema, health)?.status;
  if (status === 200 && said === 'ok') return undefined;
  if (isSuccess(health)) return { finding: 'not_payguard', status, contentType };
  if (status >= 300 && status < 400) return { finding: 'redirected', status, location };
  if (status === 404) return { finding: 'not_found', isCallbackFine };
  return { finding: 'http_error', status, isGateway: said === 'unavailable' };
}

function judgeCallback(callback: Exchange | undefined): Verdict | undefined {
  // The way there was open a moment ago: what happened is about this question.
  if (callback === undefined) return { finding: 'post_unreachable', code: 'TIMEOUT' };
  if (callback.kind !== 'answer') return { finding: 'post_unreachable', code: callback.code };
  const { status, contentType } = callback;
  return isRefusal(callback) ? undefined : { finding: 'post_unreachable', status, contentType };
}

function judgeSilence(code: string): Verdict {
  return code === 'TIMEOUT' ? { finding: 'slow', durationMs: null } : { finding: 'http_error', code };
}

function judgeSpeed(health: Exchange, callback: Exchange | undefined, slowMs: number): Verdict {
  const durationMs = Math.max(health.durationMs, callback?.durationMs ?? 0);
  return { finding: durationMs > slowMs ? 'slow' : 'ok', durationMs };
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** As the gateway answers what carries no signature. */
function isRefusal(answer: Answer): boolean {
  return answer.status >= 400 && answer.status < 500 && parse(refusalSchema, answer) !== undefined;
}

function parse<S extends z.ZodType>(schema: S, { body }: Answer): z.infer<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
