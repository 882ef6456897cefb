import { formatRows } from './format-rows.ts';
import { duration } from './live-table.ts';
import { INCIDENT } from './plan-orders.ts';
import { type DemoOutcome, hasFailed } from './run-demo.ts';

/** Enough to begin looking; the database has the rest. */
const MAX_NAMED = 5;

/** The end of the demo in plain words. */
export function formatVerdict(outcome: DemoOutcome): string {
  const { verdict, report, invariants } = outcome;
  const broken = invariants.filter(({ severity, violations }) => severity === 'broken' && violations > 0);
  return [
    ...formatRows([
      {
        english: 'credited once',
        chinese: '已到账',
        value: String(verdict.credited),
        remark: `half within ${duration(report.recoveryMs.p50)}, the slowest after ${duration(report.recoveryMs.max)}`,
      },
      {
        english: 'pending',
        chinese: '待对账',
        value: String(verdict.pending.length),
        remark: verdict.pending.length === 0 ? '' : 'no callback came: the reconciler (next step) brings them in',
      },
      {
        english: 'lost',
        chinese: '丢单',
        value: String(verdict.lost.length),
        remark: 'callback accepted, not credited',
      },
      {
        english: 'doubled',
        chinese: '重复到账',
        value: String(verdict.doubled.length),
        remark: 'credited more than once, or too much',
      },
      {
        english: 'wrong',
        chinese: '错误到账',
        value: String(verdict.wrong.length),
        remark: 'not paid, another amount, a wrong balance, a forgery',
      },
      {
        english: 'invariants broken',
        chinese: '违反不变量',
        value: String(broken.length),
        remark: `of ${invariants.filter(({ severity }) => severity === 'broken').length}, over the whole database`,
      },
    ]),
    ...describeIncident(outcome),
    ...nameSome('lost', verdict.lost),
    ...nameSome('doubled', verdict.doubled),
    ...nameSome('wrong', verdict.wrong),
    ...broken.map(({ name, violations, description }) => `  broken: ${name}, ${violations} times: ${description}`),
    ...(outcome.isComplete ? [] : ['  given up: nothing has moved for 90 s, and callbacks are still outstanding']),
    '',
    hasFailed(outcome)
      ? '  FAILED 未通过: npm run check-invariants and npm run status tell more.'
      : '  PASSED 通过: every payment whose callback arrived is credited exactly once.',
  ].join('\n');
}

function describeIncident({ incident }: DemoOutcome): string[] {
  switch (incident) {
    case 'pending':
      return [`\n  ${INCIDENT.outTradeNo} is pending: its callback was lost, as in the incident.`];
    case 'credited':
      return [`\n  ${INCIDENT.outTradeNo} is credited: its callback was not lost this time.`];
    case 'skipped':
      return [];
  }
}

function nameSome(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return [`  ${what}: ${names.slice(0, MAX_NAMED).join(', ')}${more}`];
}
