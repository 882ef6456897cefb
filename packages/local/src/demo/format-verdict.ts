import { formatRows } from './format-rows.ts';
import { duration } from './live-table.ts';
import { INCIDENT } from './plan-orders.ts';
import { type DemoOutcome, hasFailed } from './run-demo.ts';
import { witnessName } from './witness-names.ts';

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
        remark: `${describeTimes(report.recoveryMs)} after the payment`,
      },
      ...Object.entries(report.byWitness).map(([witness, recovery]) => ({
        ...witnessName(witness),
        value: String(recovery.credited),
        remark: describeTimes(recovery),
      })),
      {
        english: 'lost',
        chinese: '丢单',
        value: String(verdict.lost.length),
        remark: 'paid at WeChat Pay, not credited',
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
    ...(outcome.isComplete
      ? []
      : ['  given up: nothing has moved for 120 s; npm run status shows whether the poll runs']),
    '',
    hasFailed(outcome)
      ? '  FAILED 未通过: npm run check-invariants and npm run status tell more.'
      : '  PASSED 通过: every payment is credited exactly once, whether its callback arrived or not.',
  ].join('\n');
}

function describeTimes({ p50, p99, max }: { p50: number; p99: number; max: number }): string {
  return `p50 ${duration(p50)}, p99 ${duration(p99)}, max ${duration(max)}`;
}

function describeIncident({ incident }: DemoOutcome): string[] {
  switch (incident.outcome) {
    case 'skipped':
      return [];
    case 'lost':
      return [`\n  ${INCIDENT.outTradeNo} is paid and not credited, as in the incident.`];
    case 'credited': {
      const { credit, isCallbackLost } = incident;
      const callback = isCallbackLost
        ? 'its callback was lost, as in the incident'
        : 'its callback was not lost this time';
      return [
        `\n  ${INCIDENT.outTradeNo} is credited by ${credit.witness}, ${duration(credit.recoveryMs)} after its payment: ${callback}.`,
      ];
    }
  }
}

function nameSome(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return [`  ${what}: ${names.slice(0, MAX_NAMED).join(', ')}${more}`];
}
