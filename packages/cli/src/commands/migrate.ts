import { parseArgs } from 'node:util';
import { systemClock } from '@payguard/shared/clock/clock';
import { DEFAULT_LEGACY_OPTIONS, type LegacyOptions } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import type { LegacyReport } from '@payguard/shared/database/legacy-upgrade/upgrade-legacy-rows';
import { type MigrateOutcome, type MigrateStep, migrate } from '@payguard/shared/database/migrate';
import { BadInput, type Command, EXIT_BAD_INPUT, EXIT_OK } from '../command.ts';
import { FINDING_TEXT } from '../legacy-finding-text.ts';
import { withDatabase } from '../open-database.ts';
import { readWait } from '../wait-option.ts';

const HELP = `Usage: payguard migrate [--database-url URL] [options]

Brings the database to this release's schema. May be run twice, by many at once, and again after being killed.
A shop's existing database is upgraded in place; what would not fit is listed first, and then nothing is changed.

  --database-url URL      mysql://user:password@host:3306/database (default: DATABASE_URL)
  --wait SECONDS          how long the server may take to be reached, as when both are started together (default: 0)
  --migrations DIR        where the migrations lie (default: this release's own)
  --json                  the outcome as JSON

For orders from before payguard:
  --mchid ID --appid ID   whose they are; also for those the shop goes on inserting
  --amount-column NAME    the shop's column of payment_orders with the amount; without it amounts stay unknown,
                          and unknown amounts are never credited by themselves
  --amount-unit fen|yuan  its unit (default: fen)
  --time-zone NAME        the zone of the shop's times (default: Asia/Shanghai)

Exit code: 0 done, 1 the database failed, 2 refused and nothing changed.`;

export const migrateCommand: Command = {
  summary: "bring the database to this release's schema",
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        'database-url': { type: 'string' },
        wait: { type: 'string' },
        migrations: { type: 'string' },
        json: { type: 'boolean', default: false },
        mchid: { type: 'string' },
        appid: { type: 'string' },
        'amount-column': { type: 'string' },
        'amount-unit': { type: 'string', default: 'fen' },
        'time-zone': { type: 'string', default: DEFAULT_LEGACY_OPTIONS.timeZone },
      },
    });
    const legacy: LegacyOptions = {
      ...DEFAULT_LEGACY_OPTIONS,
      mchid: values.mchid ?? null,
      appid: values.appid ?? null,
      amountColumn: values['amount-column'] ?? null,
      amountUnit: readAmountUnit(values['amount-unit']),
      timeZone: values['time-zone'],
    };
    const outcome = await withDatabase(
      values['database-url'],
      (pool) =>
        migrate({
          pool,
          clock: systemClock,
          legacy,
          onStep: reportStep,
          ...(values.migrations === undefined ? {} : { migrationsFolder: values.migrations }),
        }),
      { waitMs: readWait(values.wait, 0) },
    );
    console.log(values.json ? JSON.stringify(outcome, null, 2) : describeOutcome(outcome));
    return outcome.outcome === 'refused' ? EXIT_BAD_INPUT : EXIT_OK;
  },
};

function readAmountUnit(text: string): 'fen' | 'yuan' {
  if (text !== 'fen' && text !== 'yuan') throw new BadInput(`--amount-unit ${text} is unknown: write fen or yuan.`);
  return text;
}

/** Progress goes to stderr, so that --json stays alone on stdout. */
function reportStep(step: MigrateStep): void {
  const line = describeStep(step);
  if (line !== null) console.error(line);
}

function describeStep(step: MigrateStep): string | null {
  switch (step.step) {
    case 'baselined':
      return `${step.migration}: the shop's own schema, recorded as applied`;
    case 'upgraded':
      return `legacy upgrade: ${step.done} ${step.rows}`;
    case 'recorded':
      return `${step.migration}: statement ${step.statement} of ${step.of}`;
    case 'finished':
      return `${step.migration}: finished`;
    case 'started':
    case 'executed':
      return null;
    default:
      return step satisfies never;
  }
}

function describeOutcome(outcome: MigrateOutcome): string {
  if (outcome.outcome === 'refused') {
    const problems = outcome.refusals.flatMap(({ message, examples }) => [message, ...examples.map((e) => `  ${e}`)]);
    return [...problems, 'Nothing was changed.'].join('\n');
  }
  const lines = [
    outcome.applied.length === 0 ? 'The schema is up to date.' : `Applied: ${outcome.applied.join(', ')}.`,
    ...(outcome.newer.length === 0
      ? []
      : [`A newer release has applied ${outcome.newer.join(', ')}: this one runs on it.`]),
    ...(outcome.upgrade === null ? [] : describeUpgrade(outcome.upgrade)),
  ];
  return lines.join('\n');
}

function describeUpgrade(report: LegacyReport): string[] {
  return [
    `Upgraded ${report.orders} orders (${report.credited} credited, ${report.unknownAmounts} of unknown amount) and ${report.users} users.`,
    ...(report.findingCount === 0
      ? []
      : [`${report.findingCount} orders do not fit together and are held for a person:`]),
    ...report.findings.map(({ outTradeNo, finding }) => `  ${outTradeNo}: ${FINDING_TEXT[finding]}`),
  ];
}
