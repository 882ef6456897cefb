import { notifyUrlProblem } from '../config/notify-url.ts';
import { type Exchange, exchange } from './exchange.ts';
import { judgeProbe } from './judge-probe.ts';
import { PROBE_LIMITS, type ProbeLimits, startDeadline } from './probe-limits.ts';
import { probeSentence } from './probe-sentence.ts';
import type { ProbeFinding } from './verdict.ts';

export type ProbeReport = {
  /** Without user name and password. */
  url: string;
  finding: ProbeFinding;
  /** What is wrong, and what to do. */
  sentence: string;
  /** Of the answer that decided; null without one. */
  httpStatus: number | null;
  /** The slower of the two answers, from DNS to the last byte; null without an answer. */
  latencyMs: number | null;
  /** When the host's certificate ends, ms UTC; null where none was shown. */
  tlsNotAfter: number | null;
};

export type ProbeOptions = {
  /** Probe a URL that WeChat Pay could not call (http, this machine): development with the simulator. */
  allowLocal: boolean;
  /** PEM of the authorities to trust; undefined: those that Node trusts. */
  trusted: readonly string[] | undefined;
  /** ms UTC. */
  now: number;
  limits?: ProbeLimits;
};

/** Says what it is, to whoever reads it in a log. It carries no signature: the gateway refuses it (missing_header). */
const UNSIGNED_CALLBACK = JSON.stringify({
  id: 'payguard-probe',
  event_type: 'PAYGUARD.PROBE',
  summary: 'payguard asks whether callbacks arrive; unsigned, to be refused',
});

/**
 * Could WeChat Pay deliver a callback there? Asks the health URL (`…/callback` → `…/health`), and sends the callback URL
 * one unsigned POST that has to be refused; each over a connection of its own. Ends within 15 s, follows no redirect,
 * sends no secret, and rejects for nothing.
 */
export async function probeCallbackUrl(url: string, options: ProbeOptions): Promise<ProbeReport> {
  const problem = options.allowLocal ? unusableProblem(url) : notifyUrlProblem(url);
  if (problem !== undefined) return refuse(url, problem);
  const asked = { callbackUrl: new URL(url), healthUrl: new URL('health', url) };
  const { trusted, now, limits = PROBE_LIMITS } = options;
  const way = { trusted, limits, deadline: startDeadline(limits.totalMs) };
  const health = await exchange({ ...way, url: asked.healthUrl }, { method: 'GET', body: '' });
  const callback =
    health.kind === 'no_connection'
      ? undefined
      : await exchange({ ...way, url: asked.callbackUrl }, { method: 'POST', body: UNSIGNED_CALLBACK });
  const verdict = judgeProbe({ health, callback, slowMs: limits.slowMs, now });
  return {
    url: withoutCredentials(url),
    finding: verdict.finding,
    sentence: probeSentence(verdict, asked),
    httpStatus: statusOf(verdict.finding.startsWith('post_') ? callback : health),
    latencyMs: slowest(health, callback),
    tlsNotAfter: health.certificateEnds,
  };
}

function refuse(url: string, problem: string): ProbeReport {
  const shown = withoutCredentials(url);
  const sentence = problem.replaceAll(url, shown);
  return { url: shown, finding: 'bad_url', sentence, httpStatus: null, latencyMs: null, tlsNotAfter: null };
}

function unusableProblem(url: string): string | undefined {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return undefined;
  return `notifyUrl "${url}" is no http or https URL; write it as https://pay.shop.com/path.`;
}

function withoutCredentials(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.username === '' && url.password === '')) return text;
  url.username = '';
  url.password = '';
  return url.href;
}

function statusOf(exchange: Exchange | undefined): number | null {
  return exchange?.kind === 'answer' ? exchange.status : null;
}

function slowest(...exchanges: (Exchange | undefined)[]): number | null {
  const answered = exchanges.flatMap((one) => (one?.kind === 'answer' ? one.durationMs : []));
  return answered.length === 0 ? null : Math.max(...answered);
}
