import { type Exchange, exchange, type Question } from '@payguard/shared/callback-probe/exchange';
import { PROBE_LIMITS, startDeadline } from '@payguard/shared/callback-probe/probe-limits';

export type SmokeResult = { check: string; passed: boolean; message: string };

const UNSIGNED_CALLBACK = JSON.stringify({ id: 'payguard-smoke', summary: 'unsigned, to be refused' });

/**
 * Is the gateway of this callback URL well, and does it refuse a callback that nobody signed? Two questions, one after the
 * other, within 15 s; sends no secret, and rejects for nothing. `trusted`: PEM of authorities, undefined for Node's own.
 */
export async function checkGateway(callbackUrl: URL, trusted: readonly string[] | undefined): Promise<SmokeResult[]> {
  const deadline = startDeadline(PROBE_LIMITS.totalMs);
  const ask = (url: URL, question: Question) => exchange({ url, trusted, limits: PROBE_LIMITS, deadline }, question);
  const healthUrl = new URL('health', callbackUrl);
  return [
    judge(`GET ${healthUrl}`, await ask(healthUrl, { method: 'GET', body: '' }), {
      wanted: '200',
      isWanted: (status) => status === 200,
    }),
    judge(`unsigned POST ${callbackUrl}`, await ask(callbackUrl, { method: 'POST', body: UNSIGNED_CALLBACK }), {
      wanted: '4xx',
      isWanted: (status) => status >= 400 && status < 500,
    }),
  ];
}

type Wanted = { wanted: string; isWanted(status: number): boolean };

function judge(check: string, answer: Exchange, { wanted, isWanted }: Wanted): SmokeResult {
  if (answer.kind !== 'answer') return { check, passed: false, message: `no answer (${whyNone(answer)})` };
  const passed = isWanted(answer.status);
  return { check, passed, message: passed ? `${answer.status}` : `${answer.status} instead of ${wanted}` };
}

function whyNone(answer: Exclude<Exchange, { kind: 'answer' }>): string {
  return answer.kind === 'no_answer' ? answer.code : `${answer.step}: ${answer.code}`;
}
