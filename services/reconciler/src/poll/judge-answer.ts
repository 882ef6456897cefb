import type { Verdict } from './circuit.ts';

/** Codes that are about us and not about the order (facts §3.1): keys, clock, contract. */
const MISCONFIGURED = new Set(['SIGN_ERROR', 'NO_AUTH', 'APPID_MCHID_NOT_MATCH', 'MCH_NOT_EXISTS']);

type AnyAnswer = { outcome: string; reason?: string; code?: string | null };

/** What an answer, about an order or a refund, says of the way to WeChat Pay. */
export function verdictOf(answer: AnyAnswer): Verdict {
  switch (answer.outcome) {
    case 'unavailable':
      if (answer.reason === 'no_budget') return 'unsent';
      // Only the merchant's balance is away.
      return answer.code === 'NOT_ENOUGH' ? 'answered' : 'away';
    case 'not_published':
      return 'away';
    case 'refused':
      return MISCONFIGURED.has(answer.code ?? '') ? 'misconfigured' : 'answered';
    default:
      return 'answered';
  }
}

/** The name under which a run counts an answer: `paid`, `unavailable_timeout`, … */
export function counterOf(answer: AnyAnswer): string {
  return answer.outcome === 'unavailable' ? `unavailable_${answer.reason}` : answer.outcome;
}
